#pragma once

#include <array>
#include <utility>

#include "tile.hpp"

/// S += Σ_s w_s c_sᵀ on and below the diagonal: one triangle of a scatter matrix.
///
///     w (count × (d + 1)), c (count × d), S ((d + 1) × padded(d)) in float64
namespace latentia::gmm {

/// Rows of S that stay in registers, one vector wide.
inline constexpr int scatter_rows = 2 * skinny::register_rows;

/// s (R rows × one vector) += Σ_s w(s, 0..R) · c(s, one vector). The run of one tile is
/// added up in T, tiles in float64.
template <typename T, int R>
void scatter_block(const T* w, Index ldw, const T* c, Index ldc, Index count, double* s,
                   Index lds) {
  typename Simd<T>::Vector sum[R] = {};
  for (Index i = 0; i < count; ++i) {
    const auto x = vector_at(c + i * ldc);
#pragma GCC unroll 24
    for (int r = 0; r < R; ++r) sum[r] += w[i * ldw + r] * x;
  }
#pragma GCC unroll 24
  for (int r = 0; r < R; ++r) add_wide<T>(s + r * lds, sum[r]);
}

template <typename T>
using ScatterBlock = void (*)(const T*, Index, const T*, Index, Index, double*, Index);

template <typename T, std::size_t... R>
constexpr std::array<ScatterBlock<T>, sizeof...(R)> scatter_blocks(
    std::index_sequence<R...>) {
  return {scatter_block<T, static_cast<int>(R) + 1>...};
}

template <typename T>
void add_scatter(const RowMatrix<T>& weighted, const RowMatrix<T>& centred, Index count,
                 Index d, double* s) {
  static constexpr auto block =
      scatter_blocks<T>(std::make_index_sequence<scatter_rows>());
  const Index width = centred.cols();
  for (Index j = 0; j < d; j += Simd<T>::lanes) {
    // Blocks of nearly equal height: a low one would wait for its own additions.
    const Chunks rows = Chunks::of_rows(d + 1 - j, scatter_rows);
    for (Index b = 0; b < rows.count; ++b) {
      const Index i = j + rows.begin(b), height = rows.end(b) - rows.begin(b);
      block[static_cast<std::size_t>(height - 1)](weighted.data() + i, weighted.cols(),
                                                  centred.data() + j, width, count,
                                                  s + i * width + j, width);
    }
  }
}

}  // namespace latentia::gmm
