#pragma once

#include "product.hpp"

/// A tile is a run of rows of the big matrix that is read from memory once and used for
/// everything while it lies in the L2 cache. `Tiles<Matrix>` hands one task its tiles
/// and multiplies them both ways; there is one for dense and one for sparse rows.
namespace latentia::skinny {

template <typename Matrix>
class Tiles;

/// Tiles of A − 1·meanᵀ (or A − mean·1ᵀ). Without a mean A is read in place. With one,
/// the tile is centred in a buffer: exact, where the rank-one correction A·X −
/// 1·(meanᵀX) would cancel.
template <typename T>
class Tiles<Dense<T>> {
 public:
  Tiles(const Dense<T>& a, const Mean<T>& mean, const RowMatrix<T>* /*x*/)
      : a_(a), mean_(mean) {
    if (!mean_) return;
    const Index line = padded<T>(by_rows() ? a.cols : rows(a));
    // An odd number of vectors a line: neighbours do not meet in one cache set.
    stride_ = (line / Simd<T>::lanes | 1) * Simd<T>::lanes;
    buffer_.resize(by_rows() ? rows(a) : a.cols, stride_);
  }

  /// Rows a tile: as many as fit in a 1 MiB L2.
  static Index rows(const Dense<T>& a) {
    const Index bytes = std::max<Index>(a.cols, 1) * static_cast<Index>(sizeof(T));
    return std::clamp<Index>((Index{1} << 20) / bytes / 12 * 12, 24, 96);
  }

  /// y = tile·X. Reads the tile's rows [begin, begin + count).
  void forward(Index begin, Index count, const RowMatrix<T>& x, RowMatrix<T>& y) {
    open(begin, count);
    y.topRows(count).setZero();
    multiply_add(tile_, x.cols(), x.data(), x.cols(), y.data(), y.cols(), ahead_);
  }

  /// sum += tileᵀ·y for the tile that `forward` or `open` read last.
  void backward(const RowMatrix<T>& y, RowMatrix<T>& sum) const {
    multiply_add(tile_.transpose(), y.cols(), y.data(), y.cols(), sum.data(),
                 sum.cols(), ahead_);
  }

  void open(Index begin, Index count) {
    const Dense<T> raw = a_.middle_rows(begin, count);
    tile_ = mean_ ? centred(raw, begin) : raw;
    const Index next = begin + 2 * count <= a_.rows ? begin + count : begin;
    ahead_ = {a_.middle_rows(next, count).data,
              by_rows() ? a_.row_stride : a_.col_stride};
  }

  void finish(RowMatrix<T>& /*sum*/) const {}

 private:
  bool by_rows() const { return a_.col_stride == 1; }

  /// A line is what has unit stride: a row of the tile, or a column.
  Dense<T> centred(const Dense<T>& raw, Index begin) {
    using Line = Eigen::Array<T, 1, Eigen::Dynamic>;
    const Index lines = by_rows() ? raw.rows : raw.cols;
    const Index length = by_rows() ? raw.cols : raw.rows;
    const Index line_stride = by_rows() ? raw.row_stride : raw.col_stride;
    const Index first = mean_.of_rows ? begin : 0;
    const bool one_a_line = mean_.of_rows == by_rows();
    const auto take_off = [&](const T* mean, Index l, const auto& from, auto& to) {
      if (one_a_line)
        to = from - mean[l];
      else
        to = from - Eigen::Map<const Line>(mean, length);
    };
    for (Index l = 0; l < lines; ++l) {
      const Eigen::Map<const Line> from(raw.data + l * line_stride, length);
      Eigen::Map<Line> to(buffer_.data() + l * stride_, length);
      take_off(mean_.data + first, l, from, to);
      // Near the mean the first difference is exact (Sterbenz's lemma).
      if (mean_.rest) take_off(mean_.rest + first, l, to, to);
    }
    return {buffer_.data(), raw.rows, raw.cols, by_rows() ? stride_ : 1,
            by_rows() ? 1 : stride_};
  }

  Dense<T> a_, tile_{};
  Mean<T> mean_;
  Ahead<T> ahead_{};
  Index stride_ = 0;
  RowMatrix<T> buffer_;
};

}  // namespace latentia::skinny
