#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "simd.hpp"

/// The products of one sparse row with a narrow matrix: a weighted sum of rows of X
/// (gather), and multiples of one row added to rows of Z (scatter). The row that is
/// summed or added stays in registers.
namespace latentia::skinny {

/// Half a vector. Rows of a narrow matrix that are gathered are padded to half vectors:
/// with whole vectors every gather would read more padding from memory.
template <typename T>
struct Half {
  static constexpr int lanes = Simd<T>::lanes / 2;
  typedef T Vector
      __attribute__((vector_size(vector_bytes / 2), aligned(sizeof(T)), may_alias));
};

/// The number of columns, rounded up to half vectors.
template <typename T>
constexpr Index padded_to_half_vector(Index cols) {
  return (cols + Half<T>::lanes - 1) / Half<T>::lanes * Half<T>::lanes;
}

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

/// A row of `Halves` half vectors in registers.
template <typename T, int Halves>
struct RegisterRow {
  static constexpr int whole_vectors = Halves / 2;
  static constexpr bool has_half = Halves % 2 == 1;
  using Vector = typename Simd<T>::Vector;
  using HalfVector = typename Half<T>::Vector;
  Vector vectors[whole_vectors + 1] = {};
  HalfVector half = {};

  static Vector& vector_ref(const T* p, int v) {
    return *reinterpret_cast<Vector*>(const_cast<T*>(p) + v * Simd<T>::lanes);
  }
  static HalfVector& half_ref(const T* p) {
    return *reinterpret_cast<HalfVector*>(const_cast<T*>(p) +
                                          whole_vectors * Simd<T>::lanes);
  }

  void load(const T* p) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] = vector_ref(p, v);
    if constexpr (has_half) half = half_ref(p);
  }
  void store(T* p) const {
    for (int v = 0; v < whole_vectors; ++v) vector_ref(p, v) = vectors[v];
    if constexpr (has_half) half_ref(p) = half;
  }
  /// this += factor·p
  void add(T factor, const T* p) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] += factor * vector_ref(p, v);
    if constexpr (has_half) half += factor * half_ref(p);
  }
  /// Σ this·p
  T dot(const T* p) const {
    T sum = 0;
    if constexpr (whole_vectors > 0) {
      Vector total = vectors[0] * vector_ref(p, 0);
      for (int v = 1; v < whole_vectors; ++v) total += vectors[v] * vector_ref(p, v);
      sum = horizontal_sum<Simd<T>::lanes>(total);
    }
    if constexpr (has_half) sum += horizontal_sum<Half<T>::lanes>(half * half_ref(p));
    return sum;
  }
  /// p += factor·this
  void add_to(T* p, T factor) const {
    for (int v = 0; v < whole_vectors; ++v) vector_ref(p, v) += factor * vectors[v];
    if constexpr (has_half) half_ref(p) += factor * half;
  }
};

/// t = Σ_p value[p]·X[column[p], :] over one row. `a` is passed by value: the compiler
/// would otherwise have to assume that writing t changes it, and reload its members.
template <typename T, typename I, int Halves>
inline void gather(const Csr<T, I> a, Index row, const T* x, Index ldx, T* t) {
  RegisterRow<T, Halves> sum;
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p)
    sum.add(a.value[p], x + static_cast<Index>(a.column[p]) * ldx);
  sum.store(t);
}

/// Z[column[p], :] += value[p]·t over one row.
template <typename T, typename I, int Halves>
inline void scatter(const Csr<T, I> a, Index row, const T* t, T* z, Index ldz) {
  RegisterRow<T, Halves> y;
  y.load(t);
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p)
    y.add_to(z + static_cast<Index>(a.column[p]) * ldz, a.value[p]);
}

/// Calls body(halves) with the number, 1 to 8, as a compile-time constant.
template <int MaxHalves = 8, typename Body>
void with_halves(Index halves, Body&& body) {
  if constexpr (MaxHalves > 1)
    if (halves < MaxHalves) return with_halves<MaxHalves - 1>(halves, body);
  body(std::integral_constant<int, MaxHalves>{});
}

/// Calls body(number of half vectors, first column) for strips of four vectors and one
/// strip for the remaining columns.
template <typename T, typename Body>
void strips(Index cols, Body&& body) {
  constexpr Index max_columns = 4 * Simd<T>::lanes;
  for (Index j = 0; j < cols; j += max_columns)
    with_halves(std::min(max_columns, cols - j) / Half<T>::lanes,
                [&](auto halves) { body(halves, j); });
}

}  // namespace latentia::skinny
