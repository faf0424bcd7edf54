#pragma once

#include "../matrix.hpp"

/// Vectors as the compiler knows them: no intrinsics, so that one source serves every
/// CPU level. What differs by level is here: vector width, and how many rows of a
/// product stay in registers.
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
inline constexpr int register_rows = 6;  // 6 × 2 sums + 2 operands of 16 registers
#endif

template <typename T>
struct Simd {
  static constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
  /// Unaligned and free to alias: it is laid over arrays of T.
  typedef T Vector
      __attribute__((vector_size(vector_bytes), aligned(sizeof(T)), may_alias));
};

/// Columns, rounded up to whole vectors.
template <typename T>
constexpr Index padded(Index cols) {
  constexpr Index lanes = Simd<T>::lanes;
  return (cols + lanes - 1) / lanes * lanes;
}

/// A copy with aligned, whole-vector rows; the columns that are added are zero.
template <typename T>
RowMatrix<T> pad_columns(const Narrow<T>& x) {
  RowMatrix<T> wide = RowMatrix<T>::Zero(x.rows(), padded<T>(x.cols()));
  wide.leftCols(x.cols()) = x;
  return wide;
}

}  // namespace latentia::skinny
