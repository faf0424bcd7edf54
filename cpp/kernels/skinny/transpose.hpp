#pragma once

#include <utility>

#include "simd.hpp"

/// Vectors in an array: read, added up in float64, and rows turned into lanes.
namespace latentia::skinny {

template <typename T>
typename Simd<T>::Vector& vector_at(T* p) {
  return *reinterpret_cast<typename Simd<T>::Vector*>(p);
}
template <typename T>
const typename Simd<T>::Vector& vector_at(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Vector*>(p);
}

/// to[0..lanes) += x, in float64: where the sums of tiles flow together.
template <typename T>
inline void add_wide(double* to, const typename Simd<T>::Vector& x) {
  typedef double Wide __attribute__((vector_size(Simd<T>::lanes * sizeof(double)),
                                     aligned(sizeof(double)), may_alias));
  *reinterpret_cast<Wide*>(to) += __builtin_convertvector(x, Wide);
}

/// In float64, as above.
template <typename T>
double sum_of_lanes(const typename Simd<T>::Vector& x) {
  double total = 0;
  for (int l = 0; l < Simd<T>::lanes; ++l) total += static_cast<double>(x[l]);
  return total;
}

/// One stage of a transposition: of each pair of vectors `Step` apart, blocks of `Step`
/// lanes change places.
template <typename V, int N, int Step, std::size_t... L>
inline void exchange(V (&v)[N], std::index_sequence<L...>) {
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
  exchange<V, N, Step>(v, std::make_index_sequence<N>());
  if constexpr (Step > 1) transpose_vectors<V, N, Step / 2>(v);
}

/// to = fromᵀ, both in whole vectors; from (rows × cols).
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
