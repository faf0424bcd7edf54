#pragma once

#include <algorithm>
#include <type_traits>

#include "simd.hpp"

/// C += L·B for a piece L of the big matrix and a narrow B: the heart of every pass.
///
/// No packing: 12 rows × 2 vectors of C stay in registers while k runs, each element of
/// L is broadcast once against two vectors of B. Read both ways, row by row or column
/// by column, the same loop is A·X and Aᵀ·Y.
///
///     L (rows × depth), B (depth × cols), C (rows × cols); cols in whole vectors
namespace latentia::skinny {

/// Where the next tile lies: while one tile is multiplied, the next is asked for.
template <typename T>
struct Ahead {
  const T* data;
  Index stride;
};

/// C (R × V vectors) += L (R × depth) · B (depth × V vectors).
/// UnitRows: L(i, k) = a[k·stride + i], else L(i, k) = a[i·stride + k].
template <typename T, int R, int V, bool UnitRows>
inline void micro_kernel(const T* a, Index stride, Index depth, const T* b, Index ldb,
                         T* c, Index ldc, Ahead<T> ahead) {
  using Vector = typename Simd<T>::Vector;
  constexpr int lanes = Simd<T>::lanes;
  const auto load = [](const T* p) { return *reinterpret_cast<const Vector*>(p); };
  Vector sum[R][V];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[i][v] = Vector{};

  for (Index k = 0; k < depth; ++k) {
    if constexpr (UnitRows) __builtin_prefetch(ahead.data + k * ahead.stride, 0, 2);
    Vector x[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) x[v] = load(b + k * ldb + v * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const T l = UnitRows ? a[k * stride + i] : a[i * stride + k];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[i][v] += l * x[v];
    }
  }

#pragma GCC unroll 16
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      T* to = c + i * ldc + v * lanes;
      *reinterpret_cast<Vector*>(to) = load(to) + sum[i][v];
    }
}

/// All rows of one strip of V vectors: blocks of R rows, then what is left by halves.
template <typename T, int R, int V, bool UnitRows>
inline void strip(const T* a, Index stride, Index rows, Index depth, const T* b,
                  Index ldb, T* c, Index ldc, Ahead<T> ahead) {
  const Index row_step = UnitRows ? 1 : stride;
  Index i = 0;
  for (; i + R <= rows; i += R)
    micro_kernel<T, R, V, UnitRows>(a + i * row_step, stride, depth, b, ldb,
                                    c + i * ldc, ldc, {ahead.data + i, ahead.stride});
  if constexpr (R > 1)
    if (i < rows)
      strip<T,
            (R > 8   ? 8
             : R > 4 ? 4
                     : R / 2),
            V, UnitRows>(a + i * row_step, stride, rows - i, depth, b, ldb, c + i * ldc,
                         ldc, {ahead.data + i, ahead.stride});
}

template <typename T, bool UnitRows>
void multiply_one_way(const T* a, Index stride, Index rows, Index depth, Index cols,
                      const T* b, Index ldb, T* c, Index ldc, Ahead<T> ahead) {
  constexpr Index lanes = Simd<T>::lanes;
  // A panel of B (depth × 2 vectors), of at most 32 KiB, stays in L1 for all rows of
  // the tile. Each panel is summed from zero: where all terms are alike their rounding
  // is too, and an error that grows with the depth of the matrix would pass the bound
  // of `rounding` in decomposition/svd/finish.py.
  constexpr Index panel = 256;
  for (Index k = 0; k < depth; k += panel) {
    const Index d = std::min(panel, depth - k);
    const T* a_k = a + (UnitRows ? k * stride : k);
    const Ahead<T> ahead_k{ahead.data + k * ahead.stride, ahead.stride};
    const auto strip_of = [&]<int V>(std::integral_constant<int, V>, Index j) {
      strip<T, 2 * register_rows / std::max(V, 2), V, UnitRows>(
          a_k, stride, rows, d, b + k * ldb + j, ldb, c + j, ldc, ahead_k);
    };
    // Two vectors at a time, the last three together: one alone would be bound by
    // loads.
    Index j = 0;
    for (; cols - j >= 4 * lanes || cols - j == 2 * lanes; j += 2 * lanes)
      strip_of(std::integral_constant<int, 2>{}, j);
    if (cols - j == 3 * lanes) strip_of(std::integral_constant<int, 3>{}, j);
    if (cols - j == lanes) strip_of(std::integral_constant<int, 1>{}, j);
  }
}

/// C += L·B, `cols` columns (whole vectors). `ahead` holds the next tile in the storage
/// order of L's columns; used where L's rows have unit stride.
template <typename T>
void multiply_add(const Dense<T>& l, Index cols, const T* b, Index ldb, T* c, Index ldc,
                  Ahead<T> ahead) {
  if (l.row_stride == 1)
    multiply_one_way<T, true>(l.data, l.col_stride, l.rows, l.cols, cols, b, ldb, c,
                              ldc, ahead);
  else
    multiply_one_way<T, false>(l.data, l.row_stride, l.rows, l.cols, cols, b, ldb, c,
                               ldc, ahead);
}

}  // namespace latentia::skinny
