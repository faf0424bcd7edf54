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
  static constexpr Index rows = 32;
  /// Unless a single row has more: the rows of Ht that are gathered twice stay in L2.
  static constexpr Index max_entries = 1024;

  SparseDivergenceTile(const Csr<T, I>& a, const skinny::GatheredMatrix<T>& ht,
                       const Divergence<T>& divergence)
      : a_(a), ht_(ht), divergence_(divergence) {}

  /// Calls visit(first row, count) for the rows [begin, end) in tiles, which are
  /// selected.
  template <typename Visit>
  void for_each(Index begin, Index end, Visit&& visit) {
    for (Index first = begin, count; first < end; first += count) {
      poll();
      for (count = 1; count < rows && first + count < end; ++count)
        if (a_.row_start[first + count + 1] - a_.row_start[first] > max_entries) break;
      select(first, count);
      visit(first, count);
    }
  }

  /// q = W·H for every stored entry.
  void compute_products(const RowMatrix<T>& w) {
    strips([&](auto halves, Index j) {
      for (Index i = 0; i < count_; ++i) {
        skinny::RegisterRow<T, decltype(halves)::value> row(ht_.width(j));
        row.load(w.data() + i * w.cols() + j);
        row.clear_repeated();
        skinny::dot_row(a_, first_ + i, row, ht_.data + j, ht_.stride,
                        q_.data() + (a_.row_start[first_ + i] - begin_), j > 0);
      }
    });
  }

  double value() const { return divergence_.value(a(), q_.data(), size_); }
  void to_weights() { divergence_.weights(a(), q_.data(), v_.data(), size_); }
  double value_and_weights() {
    return divergence_.value_and_weights(a(), q_.data(), v_.data(), size_);
  }

  double product_sum() const {
    constexpr Index lanes = Simd<T>::lanes;
    double lane_sums[lanes] = {};
    Index p = 0;
    for (; p + lanes <= size_; p += lanes)
      skinny::add_in_float64<T>(lane_sums, vector_at(q_.data() + p));
    for (; p < size_; ++p) lane_sums[0] += static_cast<double>(q_.data()[p]);
    return std::accumulate(lane_sums, lane_sums + lanes, 0.0);
  }

  /// numerator = u·Ht, denominator = v·Ht.
  void terms_of_w_update(RowMatrix<T>* numerator, RowMatrix<T>* denominator) const {
    skinny::gather_rows(with_values(q_), 0, count_, ht_, numerator->data(),
                        numerator->cols());
    if (denominator)
      skinny::gather_rows(with_values(v_), 0, count_, ht_, denominator->data(),
                          denominator->cols());
  }

  /// numerator += uᵀ·W, denominator += vᵀ·W.
  void add_terms_of_h_update(const RowMatrix<T>& w, RowMatrix<T>* numerator,
                             RowMatrix<T>* denominator) const {
    const auto add = [&](const std::vector<T>& weight, RowMatrix<T>& sum) {
      const Csr<T, I> weighted = with_values(weight);
      skinny::strips<T>(sum.cols(), [&](auto halves, Index j) {
        for (Index i = 0; i < count_; ++i)
          skinny::scatter<T, I, decltype(halves)::value>(
              weighted, i, w.data() + i * w.cols() + j, sum.data() + j, sum.cols());
      });
    };
    add(q_, *numerator);
    if (denominator) add(v_, *denominator);
  }

 private:
  void select(Index first, Index count) {
    first_ = first, count_ = count;
    begin_ = a_.row_start[first];
    size_ = a_.row_start[first + count] - begin_;
    const auto size = static_cast<std::size_t>(size_);
    if (size > q_.size()) q_.resize(size), v_.resize(size, T{1});
  }

  const T* a() const { return a_.value + begin_; }

  /// The rows of the tile with other values in their entries.
  Csr<T, I> with_values(const std::vector<T>& value) const {
    return {count_, a_.cols, a_.row_start + first_, a_.column, value.data() - begin_};
  }

  template <typename Body>
  void strips(Body&& body) const {
    skinny::strips<T>(ht_.cols, body);
  }

  Csr<T, I> a_;
  skinny::GatheredMatrix<T> ht_;
  const Divergence<T>& divergence_;
  Index first_ = 0, count_ = 0, begin_ = 0, size_ = 0;
  std::vector<T> q_{T{0}}, v_{T{1}};  // v is never written if β = 1
};

/// numerator = uᵀ·W and denominator = vᵀ·W from the rows of Aᵀ, for the W of the next
/// update of H.
template <typename T, typename I>
void terms_of_h_update(const Csr<T, I>& transposed, const skinny::GatheredMatrix<T>& w,
                       const ConstMatrixView<T>& ht, const Divergence<T>& divergence,
                       MatrixView<T> numerator, MatrixView<T>* denominator,
                       int n_threads) {
  using Tile = SparseDivergenceTile<T, I>;
  const Index k = padded<T>(ht.cols());
  const std::vector<Index> cuts =
      skinny::cut_by_entries(transposed, std::clamp<Index>(transposed.rows, 1, 64));
  const int team_size = useful_threads(4 * nnz(transposed) * k, n_threads);
  parallel_for(static_cast<Index>(cuts.size()) - 1, team_size, [&](Index c) {
    const auto chunk = static_cast<std::size_t>(c);
    Tile tile(transposed, w, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, k), h_numerator = rows,
                 h_denominator = rows;
    tile.for_each(cuts[chunk], cuts[chunk + 1], [&](Index first, Index count) {
      copy_rows<T>(ht.data() + first * ht.outerStride(), ht.outerStride(), count,
                   ht.cols(), rows.data(), k);
      tile.compute_products(rows);
      tile.to_weights();
      tile.terms_of_w_update(&h_numerator, denominator ? &h_denominator : nullptr);
      store_rows(h_numerator, first, count, numerator);
      if (denominator) store_rows(h_denominator, first, count, *denominator);
    });
  });
}

/// Σ over the rows, in float64, with zeros added up to `padded_cols` columns.
template <typename T>
Eigen::ArrayXd column_sums(const ConstMatrixView<T>& x, Index padded_cols) {
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(padded_cols);
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j) sum[j] += static_cast<double>(x(i, j));
  return sum;
}

/// Updates W given Ht. Writes the sums that the update of H needs to `numerator` and
/// `denominator`, unless they are null: from the rows of Aᵀ if `transposed` is given,
/// else from those of A, for which every chunk has sums of its own. `observed_only`:
/// unstored entries are missing; else they are zero, and β must be 1.
template <typename T, typename I>
DivergenceSums sparse_divergence_pass(const Csr<T, I>& a, const Csr<T, I>* transposed,
                                      bool observed_only, MatrixView<T> w,
                                      const ConstMatrixView<T>& ht,
                                      const Divergence<T>& divergence,
                                      Penalty<T> penalty, MatrixView<T>* numerator,
                                      MatrixView<T>* denominator,
                                      Workspace<T>& workspace, int n_threads) {
  using Tile = SparseDivergenceTile<T, I>;
  const auto gathered_ht = Workspace<T>::gathered(ht, n_threads, workspace.ht);
  const Index k = padded<T>(ht.cols()),
              half_padded_k = skinny::padded_to_half_vector<T>(ht.cols());
  const Eigen::ArrayXd ht_sum = column_sums<T>(ht, k);
  const bool scatters = numerator && !transposed;
  const Chunks chunks = scatters
                            ? chunks_for<T>(a, (observed_only ? 2 : 1) * half_padded_k)
                            : Chunks::for_sums(a.rows, 2 * Tile::rows, 1);
  workspace.sums.resize(static_cast<std::size_t>(scatters ? chunks.count : 0));
  workspace.denominator_sums.resize(observed_only ? workspace.sums.size() : 0);
  std::vector<DivergenceSums> partial(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(4 * nnz(a) * k, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    const auto chunk = static_cast<std::size_t>(c);
    RowMatrix<T>* h_numerator = scatters ? &workspace.sums[chunk] : nullptr;
    RowMatrix<T>* h_denominator =
        scatters && observed_only ? &workspace.denominator_sums[chunk] : nullptr;
    if (h_numerator) h_numerator->setZero(a.cols, half_padded_k);
    if (h_denominator) h_denominator->setZero(a.cols, half_padded_k);
    DivergenceSums& sums = partial[chunk];
    sums.factor_sum.setZero(k);
    Eigen::ArrayXd sum_before = Eigen::ArrayXd::Zero(k);
    Tile tile(a, gathered_ht, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, k), w_numerator = rows;
    RowMatrix<T> w_denominator = rows;
    if (!observed_only) w_denominator = ht_sum.matrix().transpose().template cast<T>();
    tile.for_each(chunks.begin(c), chunks.end(c), [&](Index first, Index count) {
      load_rows(w, first, count, rows);
      tile.compute_products(rows);
      if (!observed_only) {
        add_rows(rows, count, sum_before);
        sums.value -= tile.product_sum();
      }
      sums.value += tile.value_and_weights();
      tile.terms_of_w_update(&w_numerator, observed_only ? &w_denominator : nullptr);
      multiply(rows, w_numerator, w_denominator, count, penalty, divergence.gamma());
      store_rows(rows, first, count, w);
      if (numerator) add_rows(rows, count, sums.factor_sum);
      if (!scatters) return;
      tile.compute_products(rows);
      tile.to_weights();
      tile.add_terms_of_h_update(rows, h_numerator, h_denominator);
    });
    // Σ q over all entries instead of the stored ones
    if (!observed_only) sums.value += (sum_before * ht_sum).sum();
  });
  if (scatters) {
    sum_in_order(workspace.sums, *numerator, n_threads);
    if (observed_only)
      sum_in_order(workspace.denominator_sums, *denominator, n_threads);
  } else if (numerator) {
    const ConstMatrixView<T> new_w(w.data(), w.rows(), w.cols(),
                                   Eigen::OuterStride<>(w.outerStride()));
    terms_of_h_update(*transposed,
                      Workspace<T>::gathered(new_w, n_threads, workspace.w), ht,
                      divergence, *numerator, denominator, n_threads);
  }
  return sum_of_chunks(partial);
}

/// D(A | W·H) over the stored entries, or (unless `observed_only`) over all entries, as
/// in `sparse_divergence_pass`.
template <typename T, typename I>
double sparse_divergence(const Csr<T, I>& a, bool observed_only,
                         const ConstMatrixView<T>& w, const ConstMatrixView<T>& ht,
                         const Divergence<T>& divergence, int n_threads) {
  using Tile = SparseDivergenceTile<T, I>;
  RowMatrix<T> copy;
  const auto gathered_ht = Workspace<T>::gathered(ht, n_threads, copy);
  const Index k = padded<T>(ht.cols());
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * Tile::rows, 1);
  std::vector<double> partial(static_cast<std::size_t>(chunks.count));
  parallel_for(chunks.count, useful_threads(nnz(a) * k, n_threads), [&](Index c) {
    Tile tile(a, gathered_ht, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, k);
    double& sum = partial[static_cast<std::size_t>(c)];
    tile.for_each(chunks.begin(c), chunks.end(c), [&](Index first, Index count) {
      copy_rows<T>(w.data() + first * w.outerStride(), w.outerStride(), count, w.cols(),
                   rows.data(), k);
      tile.compute_products(rows);
      sum += tile.value();
      if (!observed_only) sum -= tile.product_sum();
    });
  });
  const double sum = std::accumulate(partial.begin(), partial.end(), 0.0);
  if (observed_only) return sum;
  return sum + (column_sums<T>(w, k) * column_sums<T>(ht, k)).sum();
}

}  // namespace latentia::nmf
