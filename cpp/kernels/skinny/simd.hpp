#pragma once

#include "../matrix.hpp"

/// Vector types of the compiler. There are no intrinsics: one source serves all CPU
/// levels. Two numbers depend on the level, and both are here: the width of a vector
/// and how many rows of a product stay in registers.
namespace latentia::skinny {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
#else
inline constexpr int vector_bytes = 16;
#endif

#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int register_rows = 12;  // 12 × 2 sums + 2 operands of 32 registers
#else
inline constexpr int register_rows = 6;  // 6 × 2 or 4 × 3 sums of 16 registers
#endif

template <typename T>
struct Simd {
  static constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
  /// Unaligned and allowed to alias, because it is used to access arrays of T.
  typedef T Vector
      __attribute__((vector_size(vector_bytes), aligned(sizeof(T)), may_alias));
};

/// The number of columns, rounded up to whole vectors.
template <typename T>
constexpr Index padded(Index cols) {
  constexpr Index lanes = Simd<T>::lanes;
  return (cols + lanes - 1) / lanes * lanes;
}

/// Half a vector. A row ends with one if that is enough: a gather then reads less from
/// memory, and a product takes less time where 64 bytes are added in two steps (Zen 4).
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

/// A copy of x with columns of zeros added up to whole vectors.
template <typename T>
RowMatrix<T> pad_columns(const ConstMatrixView<T>& x) {
  RowMatrix<T> padded_x = RowMatrix<T>::Zero(x.rows(), padded<T>(x.cols()));
  padded_x.leftCols(x.cols()) = x;
  return padded_x;
}

}  // namespace latentia::skinny
