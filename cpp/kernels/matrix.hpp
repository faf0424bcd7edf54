#pragma once

#include <Eigen/Core>
#include <cstdint>

/// Storage, decided once: narrow matrices and sums are row-major Eigen matrices; the
/// big matrix A is a view, dense with a unit stride one way or compressed by rows.
namespace latentia {

using Index = std::ptrdiff_t;

template <typename T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <typename T>
using Narrow = Eigen::Map<const RowMatrix<T>, Eigen::Unaligned,
                          Eigen::OuterStride<Eigen::Dynamic>>;

template <typename T>
using NarrowOut =
    Eigen::Map<RowMatrix<T>, Eigen::Unaligned, Eigen::OuterStride<Eigen::Dynamic>>;

/// A dense matrix in somebody else's memory. One of the strides is 1, so that C- and
/// Fortran-ordered arrays and their transposes are all read in place.
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

/// What is taken off a matrix before it is multiplied: one number a column (or, for a
/// matrix that is read transposed, one a row), or nothing. `rest` is what rounding the
/// numbers to T has left of them, or null: a mean far beyond the spread has lost digits
/// of the spread.
template <typename T>
struct Mean {
  const T* data = nullptr;
  bool of_rows = false;
  const T* rest = nullptr;

  explicit operator bool() const { return data != nullptr; }
  /// Number i, both parts of it.
  double operator[](Index i) const {
    const double rounded = static_cast<double>(data[i]);
    return rest ? rounded + static_cast<double>(rest[i]) : rounded;
  }
};

}  // namespace latentia
