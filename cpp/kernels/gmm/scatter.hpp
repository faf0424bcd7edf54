#pragma once

#include <array>
#include <cmath>
#include <utility>

#include "moments.hpp"

/// S += Σ_s a_s a_sᵀ on and below the diagonal. With a = √r·(x − μ, 1) one product
/// gives both moments: r (x − μ)(x − μ)ᵀ, and in the last row r (x − μ).
///
///     a (count × (d + 1)), S ((d + 1) × padded(d)) in float64
namespace latentia::gmm {

/// Rows of S that stay in registers, one vector wide.
inline constexpr int scatter_rows = 2 * skinny::register_rows;

/// s (R rows × one vector) += Σ_i a(i, rows) · a(i, columns). The sum over one tile is
/// in T, over tiles in float64.
template <typename T, int R>
void scatter_block(const T* rows, const T* columns, Index stride, Index count,
                   double* s, Index lds) {
  // A few sums alone would wait for each other's additions: take turns.
  constexpr int turns = R <= 3 ? 4 : R <= 6 ? 2 : 1;
  typename Simd<T>::Vector sum[turns][R] = {};
  Index i = 0;
  for (; i + turns <= count; i += turns)
#pragma GCC unroll 4
    for (int t = 0; t < turns; ++t) {
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
    for (int t = 1; t < turns; ++t) sum[0][r] += sum[t][r];
    add_wide<T>(s + r * lds, sum[0][r]);
  }
}

template <typename T, std::size_t... R>
constexpr auto scatter_blocks(std::index_sequence<R...>) {
  return std::array{scatter_block<T, static_cast<int>(R) + 1>...};
}

template <typename T>
void add_scatter(const RowMatrix<T>& a, Index count, Index d, double* s) {
  static constexpr auto block =
      scatter_blocks<T>(std::make_index_sequence<scatter_rows>());
  const Index lds = padded<T>(d);
  for (Index j = 0; j < d; j += Simd<T>::lanes) {
    // Blocks of nearly equal height keep the multiply-adds busy.
    const Chunks rows = Chunks::of_rows(d + 1 - j, scatter_rows);
    for (Index b = 0; b < rows.count; ++b) {
      const Index i = j + rows.begin(b), height = rows.end(b) - rows.begin(b);
      block[static_cast<std::size_t>(height - 1)](a.data() + i, a.data() + j, a.cols(),
                                                  count, s + i * lds + j, lds);
    }
  }
}

/// a = √r·(x − centre, 1), a row for every chosen one.
template <typename T>
void gather(const Tile<T>& tile, const Chosen<T>& chosen, const T* centre,
            RowMatrix<T>& a) {
  const Index d = tile.features;
  for (std::size_t s = 0; s < static_cast<std::size_t>(chosen.count); ++s) {
    const T root = std::sqrt(chosen.share[s]);
    const T* x = tile.rows.data() + chosen.row[s] * tile.rows.cols();
    T* to = a.data() + static_cast<Index>(s) * a.cols();
    for (Index j = 0; j < d; ++j) to[j] = root * (x[j] - centre[j]);
    to[d] = root;
  }
}

}  // namespace latentia::gmm
