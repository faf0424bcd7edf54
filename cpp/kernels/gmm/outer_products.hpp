#pragma once

#include <array>
#include <cmath>
#include <utility>

#include "active_rows.hpp"
#include "centred_tile.hpp"

/// S += Σ_s a_s a_sᵀ on and below the diagonal. With a = √r·(x − μ, 1) one product
/// gives both moments: r (x − μ)(x − μ)ᵀ, and r (x − μ) in the last row.
///
///     a (count × (d + 1)), S ((d + 1) × padded(d)) in float64
namespace latentia::gmm {

/// Rows of S in a block of one vector, which lies on the diagonal. In one of two
/// vectors there are `register_rows`.
template <typename T>
inline constexpr int diagonal_rows =
    Simd<T>::lanes < 2 * skinny::register_rows ? Simd<T>::lanes
                                               : 2 * skinny::register_rows;

/// s (R rows × V vectors) += Σ_i a(i, rows) · a(i, columns). The sum over one tile is
/// in T, the sum over tiles in float64.
template <typename T, int R, int V>
void outer_product_block(const T* rows, const T* columns, Index stride, Index count,
                         double* s, Index ld_s) {
  using Vector = typename Simd<T>::Vector;
  constexpr int lanes = Simd<T>::lanes;
  // With few rows each multiply-add would wait for the previous one, so the sum is
  // split into independent accumulators.
  constexpr int n_accumulators = R * V <= 3 ? 4 : R * V <= 6 ? 2 : 1;
  Vector sum[n_accumulators][R][V] = {};
  const auto add_row = [&](int t, Index i) {
    Vector x[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) x[v] = vector_at(columns + i * stride + v * lanes);
#pragma GCC unroll 24
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sum[t][r][v] += rows[i * stride + r] * x[v];
  };
  Index i = 0;
  for (; i + n_accumulators <= count; i += n_accumulators)
#pragma GCC unroll 4
    for (int t = 0; t < n_accumulators; ++t) add_row(t, i + t);
  if constexpr (n_accumulators > 1)
    for (; i < count; ++i) add_row(0, i);
#pragma GCC unroll 24
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
#pragma GCC unroll 4
      for (int t = 1; t < n_accumulators; ++t) sum[0][r][v] += sum[t][r][v];
      add_in_float64<T>(s + r * ld_s + v * lanes, sum[0][r][v]);
    }
}

template <typename T, int V, std::size_t... R>
constexpr auto outer_product_blocks(std::index_sequence<R...>) {
  return std::array{outer_product_block<T, static_cast<int>(R) + 1, V>...};
}

/// The rows [first, end) of S, V vectors from column j on.
template <typename T, int V>
void add_outer_product_rows(const RowMatrix<T>& a, Index count, Index first, Index end,
                            Index j, double* s, Index ld_s) {
  constexpr Index max_rows = V == 1 ? diagonal_rows<T> : skinny::register_rows;
  static constexpr auto add_block =
      outer_product_blocks<T, V>(std::make_index_sequence<max_rows>());
  if (first >= end) return;
  // Blocks of nearly equal height: a low block would use few of the registers.
  const Chunks rows = Chunks::with_max_rows(end - first, max_rows);
  for (Index b = 0; b < rows.count; ++b) {
    const Index i = first + rows.begin(b), n_rows = rows.end(b) - rows.begin(b);
    add_block[static_cast<std::size_t>(n_rows - 1)](
        a.data() + i, a.data() + j, a.cols(), count, s + i * ld_s + j, ld_s);
  }
}

template <typename T>
void add_outer_products(const RowMatrix<T>& a, Index count, Index d, double* s) {
  constexpr Index lanes = Simd<T>::lanes;
  const Index ld_s = padded<T>(d);
  // Two vectors of columns at a time: of the first `lanes` rows the second one lies
  // above the diagonal.
  for (Index j = 0; j < d; j += 2 * lanes) {
    const Index below = d - j > lanes ? j + lanes : d + 1;
    add_outer_product_rows<T, 1>(a, count, j, below, j, s, ld_s);
    add_outer_product_rows<T, 2>(a, count, below, d + 1, j, s, ld_s);
  }
}

/// a = √r·(x − centre, 1), one row for every active row. The centre is padded with
/// zeros to whole vectors, as the rows of the tile are. `root` is room for √r.
template <typename T>
void weighted_rows(const CentredTile<T>& tile, const ActiveRows<T>& active,
                   const RowMatrix<T>& centre, T* root, RowMatrix<T>& a) {
  const auto count = static_cast<std::size_t>(active.count);
  for (std::size_t s = 0; s < count; ++s) root[s] = std::sqrt(active.responsibility[s]);
  for (std::size_t s = 0; s < count; ++s) {
    const T* x = tile.by_row.data() + active.row[s] * tile.by_row.cols();
    T* row = a.data() + static_cast<Index>(s) * a.cols();
    for (Index j = 0; j < centre.cols(); j += Simd<T>::lanes)
      vector_at(row + j) = root[s] * (vector_at(x + j) - vector_at(centre.data() + j));
    row[tile.features] = root[s];
  }
}

}  // namespace latentia::gmm
