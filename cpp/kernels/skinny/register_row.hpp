#pragma once

#include "lane_sums.hpp"

/// A short row in registers.
namespace latentia::skinny {

/// A row of `Halves` half vectors in registers. Of a row with fewer columns the last
/// vector, or half vector, ends at the last column: it repeats columns of the one
/// before, so that nothing outside of the row is read or written.
template <typename T, int Halves>
struct RegisterRow {
  static constexpr int whole_vectors = Halves / 2;
  static constexpr bool has_half = Halves % 2 == 1;
  using Vector = typename Simd<T>::Vector;
  using HalfVector = typename Half<T>::Vector;
  static constexpr Index columns = Halves * Half<T>::lanes;
  Vector vectors[whole_vectors + 1] = {};
  HalfVector half = {};
  Index repeated;  // columns that the last vector, or half vector, repeats

  explicit RegisterRow(Index cols = columns) : repeated(columns - cols) {}

  Vector& vector_ref(const T* p, int v) const {
    const bool is_last = !has_half && v == whole_vectors - 1;
    return *reinterpret_cast<Vector*>(const_cast<T*>(p) + v * Simd<T>::lanes -
                                      (is_last ? repeated : 0));
  }
  HalfVector& half_ref(const T* p) const {
    return *reinterpret_cast<HalfVector*>(const_cast<T*>(p) +
                                          whole_vectors * Simd<T>::lanes - repeated);
  }

  void load(const T* p) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] = vector_ref(p, v);
    if constexpr (has_half) half = half_ref(p);
  }
  void store(T* p) const {
    for (int v = 0; v < whole_vectors; ++v) vector_ref(p, v) = vectors[v];
    if constexpr (has_half) half_ref(p) = half;
  }
  /// Sets columns that are repeated to zero where they are repeated: for `dot`.
  void clear_repeated() {
    for (Index l = 0; l < repeated; ++l)
      if constexpr (has_half)
        half[l] = 0;
      else
        vectors[whole_vectors - 1][l] = 0;
  }
  void add(const RegisterRow& other) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] += other.vectors[v];
    if constexpr (has_half) half += other.half;
  }
  /// this += factor·p
  void add(T factor, const T* p) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] += factor * vector_ref(p, v);
    if constexpr (has_half) half += factor * half_ref(p);
  }
  /// this·p, folded to 16 bytes
  auto products(const T* p) const {
    constexpr int left = SumsAtOnce<T>::count;
    if constexpr (whole_vectors == 0) {
      return folded_half<left>(half * half_ref(p));
    } else {
      Vector total = vectors[0] * vector_ref(p, 0);
      for (int v = 1; v < whole_vectors; ++v) total += vectors[v] * vector_ref(p, v);
      const auto sum = folded_to<Simd<T>::lanes, left>(total);
      if constexpr (has_half)
        return sum + folded_half<left>(half * half_ref(p));
      else
        return sum;
    }
  }
  /// Σ this·p
  T dot(const T* p) const {
    const auto sum = products(p);
    return horizontal_sum<SumsAtOnce<T>::count>(sum);
  }
  /// p += factor·this
  void add_to(T* p, T factor) const {
    for (int v = 0; v < whole_vectors; ++v) vector_ref(p, v) += factor * vectors[v];
    if constexpr (has_half) half_ref(p) += factor * half;
  }

 private:
  /// 16 bytes: half a vector of 16 bytes is filled up with zeros.
  template <int Left>
  static auto folded_half(const HalfVector& x) {
    if constexpr (Half<T>::lanes >= Left)
      return folded_to<Half<T>::lanes, Left>(x);
    else {
      typename SumsAtOnce<T>::Sums filled = {};
      for (int l = 0; l < Half<T>::lanes; ++l) filled[l] = x[l];
      return filled;
    }
  }
};

}  // namespace latentia::skinny
