#pragma once

#include "dense_tiles.hpp"

namespace latentia::skinny {

/// t (V vectors) = Σ_p value[p]·X[column[p], :] over one row.
template <typename T, typename I, int V>
inline void gather(const Csr<T, I>& a, Index row, const T* x, Index ldx, T* t) {
  using Vector = typename Simd<T>::Vector;
  constexpr int lanes = Simd<T>::lanes;
  Vector sum[V] = {};
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p) {
    const T* from = x + static_cast<Index>(a.column[p]) * ldx;
    for (int v = 0; v < V; ++v)
      sum[v] += a.value[p] * *reinterpret_cast<const Vector*>(from + v * lanes);
  }
  for (int v = 0; v < V; ++v) *reinterpret_cast<Vector*>(t + v * lanes) = sum[v];
}

/// Z[column[p], :] += value[p]·t (V vectors) over one row.
template <typename T, typename I, int V>
inline void scatter(const Csr<T, I>& a, Index row, const T* t, T* z, Index ldz) {
  using Vector = typename Simd<T>::Vector;
  constexpr int lanes = Simd<T>::lanes;
  Vector y[V];
  for (int v = 0; v < V; ++v) y[v] = *reinterpret_cast<const Vector*>(t + v * lanes);
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p) {
    T* to = z + static_cast<Index>(a.column[p]) * ldz;
    for (int v = 0; v < V; ++v)
      *reinterpret_cast<Vector*>(to + v * lanes) += a.value[p] * y[v];
  }
}

/// Tiles of A − 1·meanᵀ (or A − mean·1ᵀ) for sparse A, which is never filled in: the
/// mean enters as the rank-one corrections
///     A·X − 1·(meanᵀX)   and   AᵀY − mean·(1ᵀY)   for a mean a column,
///     A·X − mean·(1ᵀX)   and   AᵀY − 1·(meanᵀY)   for a mean a row.
template <typename T, typename I>
class Tiles<Csr<T, I>> {
  using Sums = Eigen::Array<double, 1, Eigen::Dynamic>;

 public:
  Tiles(const Csr<T, I>& a, const Mean<T>& mean, const RowMatrix<T>* x)
      : a_(a), mean_(mean) {
    if (!mean_ || !x) return;
    shift_ = Sums::Zero(x->cols());
    for (Index k = 0; k < a.cols; ++k)
      shift_ += of_column(k) * x->row(k).array().template cast<double>();
  }

  /// A row's columns and values stay in L1 between the two products.
  static Index rows(const Csr<T, I>&) { return 16; }

  void open(Index begin, Index count) { begin_ = begin, count_ = count; }

  void forward(Index begin, Index count, const RowMatrix<T>& x, RowMatrix<T>& y) {
    open(begin, count);
    for (Index i = 0; i < count; ++i) {
      strips(x.cols(), [&](auto width, Index j) {
        gather<T, I, decltype(width)::value>(a_, begin + i, x.data() + j, x.cols(),
                                             y.data() + i * y.cols() + j);
      });
      if (mean_) y.row(i).array() -= (of_row(begin + i) * shift_).template cast<T>();
    }
  }

  void backward(const RowMatrix<T>& y, RowMatrix<T>& sum) {
    for (Index i = 0; i < count_; ++i)
      strips(y.cols(), [&](auto width, Index j) {
        scatter<T, I, decltype(width)::value>(
            a_, begin_ + i, y.data() + i * y.cols() + j, sum.data() + j, sum.cols());
      });
    if (!mean_) return;
    if (total_.size() == 0) total_ = Sums::Zero(y.cols());
    for (Index i = 0; i < count_; ++i)
      total_ += of_row(begin_ + i) * y.row(i).array().template cast<double>();
  }

  void finish(RowMatrix<T>& sum) const {
    if (!mean_ || total_.size() == 0) return;
    for (Index k = 0; k < a_.cols; ++k)
      sum.row(k).array() -= (of_column(k) * total_).template cast<T>();
  }

 private:
  /// What is taken off is of_row(i)·of_column(k).
  double of_row(Index i) const {
    return mean_.of_rows ? static_cast<double>(mean_.data[i]) : 1.0;
  }
  double of_column(Index k) const {
    return mean_.of_rows ? 1.0 : static_cast<double>(mean_.data[k]);
  }

  /// body(number of vectors, first column): columns by four, two, one vectors.
  template <typename Body>
  static void strips(Index cols, Body&& body) {
    constexpr Index lanes = Simd<T>::lanes;
    Index j = 0;
    for (; j + 4 * lanes <= cols; j += 4 * lanes)
      body(std::integral_constant<int, 4>{}, j);
    for (; j + 2 * lanes <= cols; j += 2 * lanes)
      body(std::integral_constant<int, 2>{}, j);
    if (j < cols) body(std::integral_constant<int, 1>{}, j);
  }

  Csr<T, I> a_;
  Mean<T> mean_;
  Index begin_ = 0, count_ = 0;
  Sums shift_;  // Xᵀ·of_column
  Sums total_;  // Yᵀ·of_row
};

}  // namespace latentia::skinny
