#pragma once

#include <utility>

#include "simd.hpp"

/// The sum of the lanes of a vector, and the sums of several vectors at once, all in
/// the same order.
namespace latentia::skinny {

/// The lower half of x plus the upper half.
template <typename V, std::size_t... L>
inline auto folded(const V& x, std::index_sequence<L...>) {
  return __builtin_shufflevector(x, x, L...) +
         __builtin_shufflevector(x, x, (L + sizeof...(L))...);
}

/// The sum of the N lanes of x.
template <int N, typename V>
inline auto horizontal_sum(const V& x) {
  if constexpr (N == 1)
    return x[0];
  else
    return horizontal_sum<N / 2>(folded(x, std::make_index_sequence<N / 2>()));
}

/// Adds blocks of lanes of a and b: the lower half of the result is a's lower half plus
/// its upper half, the upper half is that of b.
template <typename V, std::size_t... L>
inline V folded_pair(const V& a, const V& b, std::index_sequence<L...>) {
  constexpr std::size_t n = sizeof...(L), half = n / 2;
  return __builtin_shufflevector(a, b, (L < half ? L : L + half)...) +
         __builtin_shufflevector(a, b, (L < half ? L + half : L + n)...);
}

/// The lower half of x plus the upper half, until 16 bytes are left.
template <int N, int Left, typename V>
inline auto folded_to(const V& x) {
  if constexpr (N == Left)
    return x;
  else
    return folded_to<N / 2, Left>(folded(x, std::make_index_sequence<N / 2>()));
}

/// Sums of several vectors at once: of four float32 or two float64 vectors, as many as
/// 16 bytes have lanes. Each is added in the order of `horizontal_sum`.
template <typename T>
struct SumsAtOnce {
  static constexpr int count = 16 / static_cast<int>(sizeof(T));
  typedef T Sums __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));

  /// The sums of the lanes of x[0], x[1], …
  static Sums of(const Sums (&x)[count]) {
    if constexpr (count == 2)
      return folded_pair(x[0], x[1], std::make_index_sequence<2>());
    else {
      const auto four = std::make_index_sequence<4>();
      const Sums a = folded_pair(x[0], x[1], four), b = folded_pair(x[2], x[3], four);
      return __builtin_shufflevector(a, b, 0, 2, 4, 6) +
             __builtin_shufflevector(a, b, 1, 3, 5, 7);
    }
  }
};

}  // namespace latentia::skinny
