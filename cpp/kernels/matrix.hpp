#pragma once

#include <Eigen/Core>
#include <cstdint>

/// How matrices are stored. The data matrix A is a view of memory that belongs to the
/// caller: `Dense` or `Csr`. All other matrices are row-major Eigen matrices or views;
/// most of them are narrow, which means that they have few columns.
namespace latentia {

using Index = std::ptrdiff_t;

template <typename T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <typename T>
using ConstMatrixView = Eigen::Map<const RowMatrix<T>, Eigen::Unaligned,
                                   Eigen::OuterStride<Eigen::Dynamic>>;

template <typename T>
using MatrixView =
    Eigen::Map<RowMatrix<T>, Eigen::Unaligned, Eigen::OuterStride<Eigen::Dynamic>>;

/// A dense matrix in memory of the caller. At least one of the strides is 1: arrays in
/// C order, in Fortran order and their transposes are read in place.
template <typename T>
struct Dense {
  const T* data;
  Index rows, cols;
  Index row_stride, col_stride;

  Dense transpose() const { return {data, cols, rows, col_stride, row_stride}; }
  Dense middle_rows(Index begin, Index count) const {
    return {data + begin * row_stride, count, cols, row_stride, col_stride};
  }
  Dense middle_cols(Index begin, Index count) const {
    return {data + begin * col_stride, rows, count, row_stride, col_stride};
  }
};

/// Compressed sparse rows: row i holds value[p] at column[p] for
/// p in [row_start[i], row_start[i + 1]).
template <typename T, typename I>
struct Csr {
  Index rows, cols;
  const I* row_start;
  const I* column;
  const T* value;
};

/// The mean that is subtracted from a matrix before it is multiplied: one value per
/// column, or one per row (for a matrix that is read transposed), or none.
///
/// mean = data + remainder. `data` is the mean rounded to T, and `remainder` is the
/// rounding error, or null for zero. It matters if the mean is much larger than the
/// standard deviation.
template <typename T>
struct Mean {
  const T* data = nullptr;
  bool per_row = false;
  const T* remainder = nullptr;

  explicit operator bool() const { return data != nullptr; }
  /// data[i] + remainder[i]
  double operator[](Index i) const {
    const double rounded = static_cast<double>(data[i]);
    return remainder ? rounded + static_cast<double>(remainder[i]) : rounded;
  }
};

}  // namespace latentia
