#pragma once

#include "product.hpp"

/// A tile is a group of consecutive rows of A. It is read from memory once and used for
/// all products while it is in the L2 cache. `Tiles<Matrix>` belongs to one task: it
/// selects a tile and multiplies by it or by its transpose.
namespace latentia::skinny {

template <typename Matrix>
class Tiles;

/// Tiles of A − 1·meanᵀ (or A − mean·1ᵀ). Without a mean A is read in place. With a
/// mean the centred tile is written to a buffer: the alternative, the rank-one
/// correction A·X − 1·(meanᵀX), loses digits to cancellation.
template <typename T>
class Tiles<Dense<T>> {
 public:
  Tiles(const Dense<T>& a, const Mean<T>& mean, const RowMatrix<T>* /*x*/)
      : a_(a), mean_(mean) {
    if (!mean_) return;
    const Index padded_length = padded<T>(by_rows() ? a.cols : rows(a));
    // An odd number of vectors per line, so that consecutive lines use different cache
    // sets.
    stride_ = (padded_length / Simd<T>::lanes | 1) * Simd<T>::lanes;
    buffer_.resize(by_rows() ? rows(a) : a.cols, stride_);
  }

  /// The number of rows in a tile: what fits in an L2 cache of 1 MiB, in whole register
  /// blocks of 12 rows. Fewer than 24 would spend too much time on loading X, more than
  /// 96 gain nothing.
  static Index rows(const Dense<T>& a) {
    const Index bytes = std::max<Index>(a.cols, 1) * static_cast<Index>(sizeof(T));
    return std::clamp<Index>((Index{1} << 20) / bytes / 12 * 12, 24, 96);
  }

  /// Selects the rows [begin, begin + count) as the tile; y = tile·X.
  void multiply(Index begin, Index count, const RowMatrix<T>& x, RowMatrix<T>& y) {
    select(begin, count);
    y.topRows(count).setZero();
    multiply_add(tile_, x.cols(), x.data(), x.cols(), y.data(), y.cols(), prefetch_);
  }

  /// sum += tileᵀ·y for the tile that was selected last, and the columns of `sum`.
  void add_transposed_product(const RowMatrix<T>& y, RowMatrix<T>& sum) const {
    multiply_add(tile_.transpose(), sum.cols(), y.data(), y.cols(), sum.data(),
                 sum.cols(), prefetch_);
  }

  void select(Index begin, Index count) {
    const Dense<T> raw = a_.middle_rows(begin, count);
    tile_ = mean_ ? centred(raw, begin) : raw;
    const Index next_begin = begin + 2 * count <= a_.rows ? begin + count : begin;
    prefetch_ = {a_.middle_rows(next_begin, count).data,
                 by_rows() ? a_.row_stride : a_.col_stride};
  }

  void subtract_mean(RowMatrix<T>& /*sum*/) const {}

 private:
  bool by_rows() const { return a_.col_stride == 1; }

  /// Writes raw − mean to the buffer. A line is a row of the tile if rows have unit
  /// stride, else a column.
  Dense<T> centred(const Dense<T>& raw, Index begin) {
    using Line = Eigen::Array<T, 1, Eigen::Dynamic>;
    const Index lines = by_rows() ? raw.rows : raw.cols;
    const Index length = by_rows() ? raw.cols : raw.rows;
    const Index line_stride = by_rows() ? raw.row_stride : raw.col_stride;
    const Index first = mean_.per_row ? begin : 0;
    const bool one_mean_per_line = mean_.per_row == by_rows();
    const auto subtract = [&](const T* mean, Index l, const auto& from, auto& to) {
      if (one_mean_per_line)
        to = from - mean[l];
      else
        to = from - Eigen::Map<const Line>(mean, length);
    };
    for (Index l = 0; l < lines; ++l) {
      const Eigen::Map<const Line> from(raw.data + l * line_stride, length);
      Eigen::Map<Line> to(buffer_.data() + l * stride_, length);
      subtract(mean_.data + first, l, from, to);
      // First the rounded mean, then the remainder: near the mean the first difference
      // is exact (Sterbenz's lemma).
      if (mean_.remainder) subtract(mean_.remainder + first, l, to, to);
    }
    return {buffer_.data(), raw.rows, raw.cols, by_rows() ? stride_ : 1,
            by_rows() ? 1 : stride_};
  }

  Dense<T> a_, tile_{};
  Mean<T> mean_;
  Prefetch<T> prefetch_{};
  Index stride_ = 0;
  RowMatrix<T> buffer_;
};

}  // namespace latentia::skinny
