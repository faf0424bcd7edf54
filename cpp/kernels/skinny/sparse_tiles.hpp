#pragma once

#include <vector>

#include "dense_tiles.hpp"
#include "gather.hpp"

namespace latentia::skinny {

/// The first rows of `n_chunks` chunks with about equally many stored entries, and the
/// number of rows. With equally many rows one chunk could have most of the work: some
/// rows (popular items) are much longer.
template <typename T, typename I>
std::vector<Index> cut_by_entries(const Csr<T, I>& a, Index n_chunks) {
  std::vector<Index> cuts;
  for (Index c = 0; c < n_chunks; ++c) {
    const Index first_entry = a.row_start[a.rows] / n_chunks * c;
    cuts.push_back(first_from(a.row_start, 0, a.rows, first_entry));
  }
  cuts.front() = 0;
  cuts.push_back(a.rows);
  return cuts;
}

/// Tiles of A − 1·meanᵀ (or A − mean·1ᵀ) for sparse A. The centred matrix would be
/// dense and is never made. Rank-one corrections subtract the mean instead:
///
///     A·X − 1·(meanᵀX)   and   AᵀY − mean·(1ᵀY)   for one mean per column,
///     A·X − mean·(1ᵀX)   and   AᵀY − 1·(meanᵀY)   for one mean per row.
template <typename T, typename I>
class Tiles<Csr<T, I>> {
  using DoubleRow = Eigen::Array<double, 1, Eigen::Dynamic>;

 public:
  Tiles(const Csr<T, I>& a, const Mean<T>& mean, const RowMatrix<T>* x)
      : a_(a), mean_(mean) {
    if (!mean_ || !x) return;
    x_sum_ = DoubleRow::Zero(x->cols());
    for (Index k = 0; k < a.cols; ++k)
      x_sum_ += column_factor(k) * x->row(k).array().template cast<double>();
  }

  /// 16 rows: their columns and values stay in L1 between the two products.
  static Index rows(const Csr<T, I>&) { return 16; }

  void select(Index begin, Index count) { begin_ = begin, count_ = count; }

  void multiply(Index begin, Index count, const RowMatrix<T>& x, RowMatrix<T>& y) {
    select(begin, count);
    for (Index i = 0; i < count; ++i) {
      strips<T>(x.cols(), [&](auto halves, Index j) {
        gather<T, I, decltype(halves)::value>(a_, begin + i, x.data() + j, x.cols(),
                                              y.data() + i * y.cols() + j);
      });
      if (mean_)
        y.row(i).array() -= (row_factor(begin + i) * x_sum_).template cast<T>();
    }
  }

  void add_transposed_product(const RowMatrix<T>& y, RowMatrix<T>& sum) {
    for (Index i = 0; i < count_; ++i)
      strips<T>(sum.cols(), [&](auto halves, Index j) {
        scatter<T, I, decltype(halves)::value>(
            a_, begin_ + i, y.data() + i * y.cols() + j, sum.data() + j, sum.cols());
      });
    if (!mean_) return;
    if (y_sum_.size() == 0) y_sum_ = DoubleRow::Zero(y.cols());
    for (Index i = 0; i < count_; ++i)
      y_sum_ += row_factor(begin_ + i) * y.row(i).array().template cast<double>();
  }

  void subtract_mean(RowMatrix<T>& sum) const {
    if (!mean_ || y_sum_.size() == 0) return;
    for (Index k = 0; k < a_.cols; ++k)
      sum.row(k).array() -= (column_factor(k) * y_sum_).template cast<T>();
  }

 private:
  /// The mean that is subtracted from A(i, k) is row_factor(i)·column_factor(k).
  double row_factor(Index i) const { return mean_.per_row ? mean_[i] : 1.0; }
  double column_factor(Index k) const { return mean_.per_row ? 1.0 : mean_[k]; }

  Csr<T, I> a_;
  Mean<T> mean_;
  Index begin_ = 0, count_ = 0;
  DoubleRow x_sum_;  // Xᵀ·column_factor
  DoubleRow y_sum_;  // Yᵀ·row_factor
};

}  // namespace latentia::skinny
