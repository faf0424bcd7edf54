#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

/// How matrices are stored. The data matrix A is a view of memory that belongs to the
/// caller: `Dense` or `Csr`. All other matrices are row-major, and most of them are
/// narrow, which means that they have few columns. This file does without Eigen, so
/// that the bindings compile quickly and do not depend on the CPU level.
namespace latentia {

using Index = std::ptrdiff_t;

/// A row-major matrix in memory of the caller.
template <typename T>
struct RowMajor {
  T* data;
  Index rows, cols, stride;
};

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

/// Stands for std::int32_t or std::int64_t: a kernel for it reads both, so that it is
/// compiled once. Offsets of rows are distinguished at each access. Of a column's
/// number, which is less than 2³¹, only the lower four bytes are read, every four or
/// eight bytes.
struct AnyIndex;

template <typename T>
struct Csr<T, AnyIndex> {
  class RowStart {
   public:
    RowStart() = default;
    RowStart(const std::int32_t* p) : narrow_(p) {}
    RowStart(const std::int64_t* p) : wide_(p) {}
    Index operator[](Index i) const { return wide_ ? wide_[i] : narrow_[i]; }
    RowStart operator+(Index i) const {
      return wide_ ? RowStart(wide_ + i) : RowStart(narrow_ + i);
    }

   private:
    const std::int32_t* narrow_ = nullptr;
    const std::int64_t* wide_ = nullptr;
  };

  class Column {
    typedef std::int32_t Lower __attribute__((may_alias));
    static_assert(std::endian::native == std::endian::little);

   public:
    Column() = default;
    Column(const std::int32_t* p) : lower_(p), step_(1) {}
    Column(const std::int64_t* p)
        : lower_(reinterpret_cast<const Lower*>(p)), step_(2) {}
    Index operator[](Index p) const { return lower_[p * step_]; }
    Column operator+(Index p) const {
      Column from = *this;
      from.lower_ += p * step_;
      return from;
    }

   private:
    const Lower* lower_ = nullptr;
    Index step_ = 1;
  };

  Index rows, cols;
  RowStart row_start;
  Column column;
  const T* value;
};

/// The first p in [begin, end) with number[p] ≥ bound, or end. The numbers ascend.
template <typename Numbers>
Index first_from(const Numbers& number, Index begin, Index end, Index bound) {
  while (begin < end) {
    const Index middle = begin + (end - begin) / 2;
    if (number[middle] < bound)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

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
