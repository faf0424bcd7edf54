#pragma once

#include <type_traits>
#include <utility>

#include "simd.hpp"

/// Access to arrays by vectors, sums of vectors in float64, and transposition.
namespace latentia::skinny {

template <typename T>
typename Simd<T>::Vector& vector_at(T* p) {
  return *reinterpret_cast<typename Simd<T>::Vector*>(p);
}
template <typename T>
const typename Simd<T>::Vector& vector_at(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Vector*>(p);
}

/// to[0..lanes) += x, in float64. A vector of float32 is converted by halves, each of
/// which fills a vector of float64: GCC takes longer vectors through memory.
template <typename T>
inline void add_in_float64(double* to, const typename Simd<T>::Vector& x) {
  if constexpr (std::is_same_v<T, double>) {
    vector_at(to) += x;
  } else {
    constexpr int half = Simd<double>::lanes;
    const auto add_half = [&]<std::size_t... L>(std::index_sequence<L...>, auto begin) {
      constexpr std::size_t b = decltype(begin)::value;
      vector_at(to + b) += __builtin_convertvector(
          __builtin_shufflevector(x, x, (L + b)...), typename Simd<double>::Vector);
    };
    add_half(std::make_index_sequence<half>(), std::integral_constant<int, 0>{});
    add_half(std::make_index_sequence<half>(), std::integral_constant<int, half>{});
  }
}

/// The sum of a vector's lanes, in float64.
template <typename T>
double sum_of_lanes(const typename Simd<T>::Vector& x) {
  double total = 0;
  for (int l = 0; l < Simd<T>::lanes; ++l) total += static_cast<double>(x[l]);
  return total;
}

/// One stage of a transposition: each pair of vectors at distance `Step` exchanges
/// blocks of `Step` lanes.
template <typename V, int N, int Step, std::size_t... L>
inline void exchange_blocks(V (&v)[N], std::index_sequence<L...>) {
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i)
    if (!(i & Step)) {
      const V a = v[i], b = v[i + Step];
      v[i] = __builtin_shufflevector(a, b, ((L & Step) ? L - Step + N : L)...);
      v[i + Step] = __builtin_shufflevector(a, b, ((L & Step) ? L + N : L + Step)...);
    }
}

template <typename V, int N, int Step = N / 2>
inline void transpose_vectors(V (&v)[N]) {
  exchange_blocks<V, N, Step>(v, std::make_index_sequence<N>());
  if constexpr (Step > 1) transpose_vectors<V, N, Step / 2>(v);
}

/// to = fromᵀ. Both numbers, of rows and of columns, are multiples of a vector's lanes.
///
///     from (rows × cols), to (cols × rows)
template <typename T>
void transpose(const T* from, Index from_stride, Index rows, Index cols, T* to,
               Index to_stride) {
  constexpr int lanes = Simd<T>::lanes;
  typename Simd<T>::Vector v[lanes];
  for (Index i = 0; i < rows; i += lanes)
    for (Index j = 0; j < cols; j += lanes) {
#pragma GCC unroll 16
      for (int l = 0; l < lanes; ++l)
        v[l] = vector_at(from + (i + l) * from_stride + j);
      transpose_vectors(v);
#pragma GCC unroll 16
      for (int l = 0; l < lanes; ++l) vector_at(to + (j + l) * to_stride + i) = v[l];
    }
}

}  // namespace latentia::skinny
