#pragma once

#include <algorithm>
#include <type_traits>

#include "simd.hpp"

/// C += L·B for a tile L of A and a narrow B. Every pass spends most of its time here.
///
/// Nothing is packed: 12 rows × 2 vectors of C stay in registers during the loop over
/// k, and each element of L is broadcast once and multiplied by two vectors of B. L is
/// read row by row or column by column, so the same loop computes A·X and Aᵀ·Y.
///
///     L (rows × depth), B (depth × cols), C (rows × cols)
///
/// cols is a multiple of half a vector's lanes.
namespace latentia::skinny {

/// The address of the next tile, which is prefetched while the current one is
/// multiplied.
template <typename T>
struct Prefetch {
  const T* data;
  Index stride;
};

/// The columns of a strip: V vectors, and half a vector if `half`.
template <int V, bool half>
struct StripWidth {
  static constexpr int vectors = V, registers = V + half;
  static constexpr bool has_half = half;
};

/// C (R rows of `Width`) += L (R × depth) · B (depth rows of `Width`).
/// UnitRows: L(i, k) = a[k·stride + i], else L(i, k) = a[i·stride + k].
template <typename T, int R, typename Width, bool UnitRows>
inline void micro_kernel(const T* a, Index stride, Index depth, const T* b, Index ldb,
                         T* c, Index ldc, Prefetch<T> prefetch) {
  using Vector = typename Simd<T>::Vector;
  using HalfVector = typename Half<T>::Vector;
  constexpr int lanes = Simd<T>::lanes, V = Width::vectors;
  const auto load = [](const T* p) { return *reinterpret_cast<const Vector*>(p); };
  const auto load_half = [](const T* p) {
    return *reinterpret_cast<const HalfVector*>(p + V * lanes);
  };
  Vector sum[R][V + 1];
  HalfVector half_sum[R];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[i][v] = Vector{};
    half_sum[i] = HalfVector{};
  }

  for (Index k = 0; k < depth; ++k) {
    if constexpr (UnitRows)
      __builtin_prefetch(prefetch.data + k * prefetch.stride, 0, 2);
    Vector x[V + 1];
    HalfVector half_x = {};
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) x[v] = load(b + k * ldb + v * lanes);
    if constexpr (Width::has_half) half_x = load_half(b + k * ldb);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const T l = UnitRows ? a[k * stride + i] : a[i * stride + k];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[i][v] += l * x[v];
      if constexpr (Width::has_half) half_sum[i] += l * half_x;
    }
  }

#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) {
    T* row = c + i * ldc;
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      T* to = row + v * lanes;
      *reinterpret_cast<Vector*>(to) = load(to) + sum[i][v];
    }
    if constexpr (Width::has_half)
      *reinterpret_cast<HalfVector*>(row + V * lanes) = load_half(row) + half_sum[i];
  }
}

/// All rows of one strip: blocks of R rows, then smaller blocks for the remaining rows.
template <typename T, int R, typename Width, bool UnitRows>
inline void strip(const T* a, Index stride, Index rows, Index depth, const T* b,
                  Index ldb, T* c, Index ldc, Prefetch<T> prefetch) {
  const Index row_step = UnitRows ? 1 : stride;
  Index i = 0;
  for (; i + R <= rows; i += R)
    micro_kernel<T, R, Width, UnitRows>(a + i * row_step, stride, depth, b, ldb,
                                        c + i * ldc, ldc,
                                        {prefetch.data + i, prefetch.stride});
  if constexpr (R > 1)
    if (i < rows)
      strip<T,
            (R > 8   ? 8
             : R > 4 ? 4
                     : R / 2),
            Width, UnitRows>(a + i * row_step, stride, rows - i, depth, b, ldb,
                             c + i * ldc, ldc, {prefetch.data + i, prefetch.stride});
}

template <typename T, bool UnitRows>
void multiply_one_way(const T* a, Index stride, Index rows, Index depth, Index cols,
                      const T* b, Index ldb, T* c, Index ldc, Prefetch<T> prefetch) {
  constexpr Index lanes = Simd<T>::lanes, half_lanes = Half<T>::lanes;
  // A panel of B (256 × 2 vectors of 64 bytes = 32 KiB) stays in L1 for all rows of the
  // tile. Each panel has a sum of its own. Otherwise the rounding error would grow with
  // the depth of the matrix (if all terms are equal, so are their errors) and exceed
  // the bound that the SVD driver assumes for it.
  // With 16 registers strips are narrower: rows of L, which are read for each strip,
  // are to stay in L1 as well (24 of 512 bytes take 12 KiB).
  constexpr Index panel_depth =
      register_rows < 12 ? 512 / static_cast<Index>(sizeof(T)) : 256;
  for (Index k = 0; k < depth; k += panel_depth) {
    const Index d = std::min(panel_depth, depth - k);
    const T* a_k = a + (UnitRows ? k * stride : k);
    const Prefetch<T> prefetch_k{prefetch.data + k * prefetch.stride, prefetch.stride};
    const auto strip_of = [&]<typename Width>(Width, Index j) {
      strip<T, 2 * register_rows / std::max(Width::registers, 2), Width, UnitRows>(
          a_k, stride, rows, d, b + k * ldb + j, ldb, c + j, ldc, prefetch_k);
    };
    // Two vectors at a time. The last three are taken together: a strip of one vector
    // has 13 loads for 12 multiply-adds, and loads would limit it. With 16 registers,
    // where blocks of two vectors have 8 loads for 12 multiply-adds and blocks of three
    // 7, it is three at a time.
    Index j = 0;
    if constexpr (register_rows < 12)
      for (; cols - j > 4 * lanes; j += 3 * lanes) strip_of(StripWidth<3, false>{}, j);
    for (; cols - j > 3 * lanes || cols - j == 2 * lanes; j += 2 * lanes)
      strip_of(StripWidth<2, false>{}, j);
    switch ((cols - j) / half_lanes) {
      case 1:
        strip_of(StripWidth<0, true>{}, j);
        break;
      case 2:
        strip_of(StripWidth<1, false>{}, j);
        break;
      case 3:
        strip_of(StripWidth<1, true>{}, j);
        break;
      case 5:
        strip_of(StripWidth<2, true>{}, j);
        break;
      case 6:
        strip_of(StripWidth<3, false>{}, j);
        break;
    }
  }
}

/// C += L·B for `cols` columns. The tile at `prefetch` has the strides of L. It is
/// prefetched only if L.row_stride is 1, which is so in one of the two products.
template <typename T>
void multiply_add(const Dense<T>& l, Index cols, const T* b, Index ldb, T* c, Index ldc,
                  Prefetch<T> prefetch) {
  if (l.row_stride == 1)
    multiply_one_way<T, true>(l.data, l.col_stride, l.rows, l.cols, cols, b, ldb, c,
                              ldc, prefetch);
  else
    multiply_one_way<T, false>(l.data, l.row_stride, l.rows, l.cols, cols, b, ldb, c,
                               ldc, prefetch);
}

}  // namespace latentia::skinny
