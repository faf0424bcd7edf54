#pragma once

#include "factor.hpp"

namespace latentia::nmf {

/// A tile of rows of A, read in panels of columns from left to right. A panel is dense
/// with rows of unit stride: it is part of A, or a copy.
template <typename Matrix>
class Panels;

/// Columns in a panel. With 48 rows it stays in L2 together with its columns of H and
/// rows of Ht.
inline constexpr Index panel_columns = 512;

template <typename T>
struct Panel {
  const T* data;
  Index stride;
};

template <typename T>
class Panels<Dense<T>> {
 public:
  explicit Panels(const Dense<T>& a) : a_(a) {}

  void select(Index first, Index count) { first_ = first, count_ = count; }

  Panel<T> panel(Index begin, Index cols) {
    const T* corner = a_.data + first_ * a_.row_stride + begin * a_.col_stride;
    if (a_.col_stride == 1) return {corner, a_.row_stride};
    buffer_.resize(count_, cols);
    buffer_ = Eigen::Map<const RowMatrix<T>, 0, Eigen::Stride<1, Eigen::Dynamic>>(
        corner, count_, cols, Eigen::Stride<1, Eigen::Dynamic>(1, a_.col_stride));
    return {buffer_.data(), cols};
  }

 private:
  Dense<T> a_;
  Index first_ = 0, count_ = 0;
  RowMatrix<T> buffer_;
};

template <typename T, typename I>
class Panels<Csr<T, I>> {
 public:
  explicit Panels(const Csr<T, I>& a) : a_(a) {}

  void select(Index first, Index count) {
    first_ = first;
    next_entry_.clear();
    for (Index i = first; i < first + count; ++i)
      next_entry_.push_back(a_.row_start[i]);
  }

  Panel<T> panel(Index begin, Index cols) {
    const auto count = static_cast<Index>(next_entry_.size());
    buffer_.setZero(count, cols);
    for (Index i = 0; i < count; ++i) {
      Index& p = next_entry_[static_cast<std::size_t>(i)];
      const Index end = a_.row_start[first_ + i + 1];
      for (; p < end && a_.column[p] < begin + cols; ++p)
        buffer_(i, a_.column[p] - begin) = a_.value[p];
    }
    return {buffer_.data(), cols};
  }

 private:
  Csr<T, I> a_;
  Index first_ = 0;
  std::vector<Index>
      next_entry_;  // for each row: its first entry that was not read yet
  RowMatrix<T> buffer_;
};

}  // namespace latentia::nmf
