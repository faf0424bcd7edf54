#pragma once

#include <numeric>

#include "divergence_update.hpp"

/// Multiplicative updates that use only the stored entries of sparse A: W·H is computed
/// for these entries, row by row. There are two cases:
///
/// - Unstored entries are missing, for any β.
/// - Unstored entries are zero and β = 1 (Kullback-Leibler). The divergence of a zero
///   is d(0, q) = q = w·h, and the sum of these follows from column sums of W and Ht.
namespace latentia::nmf {

/// The stored entries of a tile of rows.
template <typename T, typename I>
class SparseDivergenceTile {
 public:
  static constexpr Index rows = 32;  // their entries, q and v stay in L2

  SparseDivergenceTile(const Csr<T, I>& a, const RowMatrix<T>& ht,
                       const Divergence<T>& divergence)
      : a_(a), ht_(ht), divergence_(divergence) {}

  void select(Index first, Index count) {
    first_ = first, count_ = count;
    begin_ = a_.row_start[first];
    size_ = a_.row_start[first + count] - begin_;
    const auto size = static_cast<std::size_t>(size_);
    if (size > q_.size()) q_.resize(size), v_.resize(size, T{1});
  }

  /// q = W·H for every stored entry.
  void compute_products(const RowMatrix<T>& w) {
    strips([&](auto halves, Index j) {
      constexpr int n = decltype(halves)::value;
      for (Index i = 0; i < count_; ++i) {
        skinny::RegisterRow<T, n> row;
        row.load(w.data() + i * w.cols() + j);
        for (Index p = a_.row_start[first_ + i]; p < a_.row_start[first_ + i + 1];
             ++p) {
          const T dot = row.dot(ht_.data() + a_.column[p] * ht_.cols() + j);
          T& q = q_[static_cast<std::size_t>(p - begin_)];
          q = j == 0 ? dot : q + dot;
        }
      }
    });
  }

  double value() const { return divergence_.value(a(), q_.data(), size_); }
  void to_weights() { divergence_.weights(a(), q_.data(), v_.data(), size_); }
  double value_and_weights() {
    return divergence_.value_and_weights(a(), q_.data(), v_.data(), size_);
  }

  double product_sum() const {
    double sum = 0;
    for (Index p = 0; p < size_; ++p)
      sum += static_cast<double>(q_[static_cast<std::size_t>(p)]);
    return sum;
  }

  /// numerator = u·Ht, denominator = v·Ht.
  void terms_of_w_update(RowMatrix<T>* numerator, RowMatrix<T>* denominator) const {
    const auto add = [&](const std::vector<T>& weight, RowMatrix<T>& sum) {
      const Csr<T, I> weighted = with_values(weight);
      strips([&](auto halves, Index j) {
        for (Index i = 0; i < count_; ++i)
          skinny::gather<T, I, decltype(halves)::value>(
              weighted, i, ht_.data() + j, ht_.cols(), sum.data() + i * sum.cols() + j);
      });
    };
    add(q_, *numerator);
    if (denominator) add(v_, *denominator);
  }

  /// numerator += uᵀ·W, denominator += vᵀ·W.
  void add_terms_of_h_update(const RowMatrix<T>& w, RowMatrix<T>* numerator,
                             RowMatrix<T>* denominator) const {
    const auto add = [&](const std::vector<T>& weight, RowMatrix<T>& sum) {
      const Csr<T, I> weighted = with_values(weight);
      strips([&](auto halves, Index j) {
        for (Index i = 0; i < count_; ++i)
          skinny::scatter<T, I, decltype(halves)::value>(
              weighted, i, w.data() + i * w.cols() + j, sum.data() + j, sum.cols());
      });
    };
    add(q_, *numerator);
    if (denominator) add(v_, *denominator);
  }

 private:
  const T* a() const { return a_.value + begin_; }

  /// The rows of the tile with other values in their entries.
  Csr<T, I> with_values(const std::vector<T>& value) const {
    return {count_, a_.cols, a_.row_start + first_, a_.column, value.data() - begin_};
  }

  template <typename Body>
  void strips(Body&& body) const {
    skinny::strips<T>(ht_.cols(), body);
  }

  Csr<T, I> a_;
  const RowMatrix<T>& ht_;
  const Divergence<T>& divergence_;
  Index first_ = 0, count_ = 0, begin_ = 0, size_ = 0;
  std::vector<T> q_{T{0}}, v_{T{1}};  // v is never written if β = 1
};

/// Updates W given Ht. Writes the sums that the update of H needs to `numerator` and
/// `denominator`, unless they are null. `observed_only`: unstored entries are missing;
/// else they are zero, and β must be 1.
template <typename T, typename I>
DivergenceSums sparse_divergence_pass(const Csr<T, I>& a, bool observed_only,
                                      MatrixView<T> w, const ConstMatrixView<T>& ht,
                                      const Divergence<T>& divergence,
                                      Penalty<T> penalty, MatrixView<T>* numerator,
                                      MatrixView<T>* denominator,
                                      Workspace<T>& workspace, int n_threads) {
  using Tile = SparseDivergenceTile<T, I>;
  const RowMatrix<T>& padded_ht =
      workspace.pad(ht, skinny::padded_to_half_vector<T>(ht.cols()), n_threads);
  const Index k = padded<T>(ht.cols());
  RowMatrix<T> ht_sum = RowMatrix<T>::Zero(1, k);
  ht_sum.leftCols(ht.cols()) =
      ht.template cast<double>().colwise().sum().template cast<T>();
  const Chunks chunks = chunks_for<T>(a, (observed_only ? 2 : 1) * padded_ht.cols());
  workspace.sums.resize(static_cast<std::size_t>(chunks.count));
  workspace.denominator_sums.resize(workspace.sums.size());
  std::vector<DivergenceSums> partial(workspace.sums.size());
  const int team_size = useful_threads(4 * nnz(a) * k, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    const auto chunk = static_cast<std::size_t>(c);
    RowMatrix<T>& h_numerator = workspace.sums[chunk];
    RowMatrix<T>& h_denominator = workspace.denominator_sums[chunk];
    DivergenceSums& sums = partial[chunk];
    h_numerator.setZero(numerator ? a.cols : 0, padded_ht.cols());
    h_denominator.setZero(numerator && observed_only ? a.cols : 0, padded_ht.cols());
    sums.factor_sum.setZero(k);
    Tile tile(a, padded_ht, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, k), w_numerator = rows;
    RowMatrix<T> w_denominator = observed_only ? rows : ht_sum;
    for_each_tile(
        chunks.begin(c), chunks.end(c), Tile::rows, [&](Index first, Index count) {
          load_rows(w, first, count, rows);
          tile.select(first, count);
          tile.compute_products(rows);
          if (!observed_only)  // Σ q over all entries instead of the stored entries
            sums.value += (rows.topRows(count) * ht_sum.transpose())
                              .template cast<double>()
                              .sum() -
                          tile.product_sum();
          sums.value += tile.value_and_weights();
          tile.terms_of_w_update(&w_numerator,
                                 observed_only ? &w_denominator : nullptr);
          multiply(rows, w_numerator, w_denominator, count, penalty,
                   divergence.gamma());
          store_rows(rows, first, count, w);
          if (!numerator) return;
          tile.compute_products(rows);
          tile.to_weights();
          tile.add_terms_of_h_update(rows, &h_numerator,
                                     observed_only ? &h_denominator : nullptr);
          sums.factor_sum +=
              rows.topRows(count).template cast<double>().colwise().sum().array();
        });
  });
  const DivergenceSums total = sum_of_chunks(partial);
  if (numerator) sum_in_order(workspace.sums, *numerator, n_threads);
  if (numerator && observed_only)
    sum_in_order(workspace.denominator_sums, *denominator, n_threads);
  return total;
}

/// D(A | W·H) over the stored entries, or (unless `observed_only`) over all entries, as
/// in `sparse_divergence_pass`.
template <typename T, typename I>
double sparse_divergence(const Csr<T, I>& a, bool observed_only,
                         const ConstMatrixView<T>& w, const ConstMatrixView<T>& ht,
                         const Divergence<T>& divergence, int n_threads) {
  using Tile = SparseDivergenceTile<T, I>;
  Workspace<T> workspace;
  const RowMatrix<T>& padded_ht =
      workspace.pad(ht, skinny::padded_to_half_vector<T>(ht.cols()), n_threads);
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * Tile::rows, 1);
  std::vector<double> partial(static_cast<std::size_t>(chunks.count));
  parallel_for(
      chunks.count, useful_threads(nnz(a) * padded_ht.cols(), n_threads), [&](Index c) {
        Tile tile(a, padded_ht, divergence);
        RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, padded<T>(w.cols()));
        double& sum = partial[static_cast<std::size_t>(c)];
        for_each_tile(
            chunks.begin(c), chunks.end(c), Tile::rows, [&](Index first, Index count) {
              rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
              tile.select(first, count);
              tile.compute_products(rows);
              sum += tile.value();
              if (!observed_only) sum -= tile.product_sum();
            });
      });
  const double sum = std::accumulate(partial.begin(), partial.end(), 0.0);
  if (observed_only) return sum;
  return sum + w.template cast<double>().colwise().sum().dot(
                   ht.template cast<double>().colwise().sum());
}

}  // namespace latentia::nmf
