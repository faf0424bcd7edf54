#pragma once

#include <type_traits>

#include "centred_tile.hpp"

/// Sums of squares over the features of a group of rows.
namespace latentia::gmm {

/// q(k, row) = Σ_j y² with y = scaled(k, j, x_j), for C components from `first` on. A
/// sum is a chain of multiply-adds that wait for each other: those of several
/// components run at once, and x is loaded once for all.
template <int C, typename T, typename Scaled>
void squared_distances_of(Index first, const T* x, Index stride, Index features,
                          const Scaled& scaled, T* q, Index ldq) {
  using Vector = typename Simd<T>::Vector;
  constexpr int lanes = Simd<T>::lanes;
  Vector sum[C][group_vectors] = {};
  for (Index j = 0; j < features; ++j) {
    Vector x_j[group_vectors];
#pragma GCC unroll 4
    for (int v = 0; v < group_vectors; ++v)
      x_j[v] = vector_at(x + j * stride + v * lanes);
    // One component after another: with those of a vector inside, the numbers of all
    // four would stay in registers, and a sum would not.
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c)
#pragma GCC unroll 4
      for (int v = 0; v < group_vectors; ++v) {
        const Vector y = scaled(first + c, j, x_j[v]);
        sum[c][v] += y * y;
      }
  }
#pragma GCC unroll 4
  for (int c = 0; c < C; ++c)
#pragma GCC unroll 4
    for (int v = 0; v < group_vectors; ++v)
      vector_at(q + (first + c) * ldq + v * lanes) = sum[c][v];
}

/// Calls use_block(first component, their number) for all components, up to four at a
/// time; the number is a constant of the compiler.
template <typename UseBlock>
void for_each_block_of_components(Index components, UseBlock&& use_block) {
  Index k = 0;
  for (; k + 4 <= components; k += 4) use_block(k, std::integral_constant<int, 4>{});
  for (; k + 2 <= components; k += 2) use_block(k, std::integral_constant<int, 2>{});
  if (k < components) use_block(k, std::integral_constant<int, 1>{});
}

}  // namespace latentia::gmm
