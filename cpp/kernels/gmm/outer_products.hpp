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

/// Rows of S, one vector wide, that stay in registers.
inline constexpr int outer_product_rows = 2 * skinny::register_rows;

/// s (R rows × one vector) += Σ_i a(i, rows) · a(i, columns). The sum over one tile is
/// in T, the sum over tiles in float64.
template <typename T, int R>
void outer_product_block(const T* rows, const T* columns, Index stride, Index count,
                         double* s, Index ld_s) {
  // With few rows each multiply-add would wait for the previous one, so the sum is
  // split into independent accumulators.
  constexpr int n_accumulators = R <= 3 ? 4 : R <= 6 ? 2 : 1;
  typename Simd<T>::Vector sum[n_accumulators][R] = {};
  Index i = 0;
  for (; i + n_accumulators <= count; i += n_accumulators)
#pragma GCC unroll 4
    for (int t = 0; t < n_accumulators; ++t) {
      const auto x = vector_at(columns + (i + t) * stride);
#pragma GCC unroll 24
      for (int r = 0; r < R; ++r) sum[t][r] += rows[(i + t) * stride + r] * x;
    }
  for (; i < count; ++i)
    for (int r = 0; r < R; ++r)
      sum[0][r] += rows[i * stride + r] * vector_at(columns + i * stride);
#pragma GCC unroll 24
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int t = 1; t < n_accumulators; ++t) sum[0][r] += sum[t][r];
    add_in_float64<T>(s + r * ld_s, sum[0][r]);
  }
}

template <typename T, std::size_t... R>
constexpr auto outer_product_blocks(std::index_sequence<R...>) {
  return std::array{outer_product_block<T, static_cast<int>(R) + 1>...};
}

template <typename T>
void add_outer_products(const RowMatrix<T>& a, Index count, Index d, double* s) {
  static constexpr auto add_block =
      outer_product_blocks<T>(std::make_index_sequence<outer_product_rows>());
  const Index ld_s = padded<T>(d);
  for (Index j = 0; j < d; j += Simd<T>::lanes) {
    // Blocks of nearly equal height: a low block would use few of the registers.
    const Chunks rows = Chunks::with_max_rows(d + 1 - j, outer_product_rows);
    for (Index b = 0; b < rows.count; ++b) {
      const Index i = j + rows.begin(b), n_rows = rows.end(b) - rows.begin(b);
      add_block[static_cast<std::size_t>(n_rows - 1)](
          a.data() + i, a.data() + j, a.cols(), count, s + i * ld_s + j, ld_s);
    }
  }
}

/// a = √r·(x − centre, 1), one row for every active row.
template <typename T>
void weighted_rows(const CentredTile<T>& tile, const ActiveRows<T>& active,
                   const T* centre, RowMatrix<T>& a) {
  const Index d = tile.features;
  for (std::size_t s = 0; s < static_cast<std::size_t>(active.count); ++s) {
    const T root = std::sqrt(active.responsibility[s]);
    const T* x = tile.by_row.data() + active.row[s] * tile.by_row.cols();
    T* row = a.data() + static_cast<Index>(s) * a.cols();
    for (Index j = 0; j < d; ++j) row[j] = root * (x[j] - centre[j]);
    row[d] = root;
  }
}

}  // namespace latentia::gmm
