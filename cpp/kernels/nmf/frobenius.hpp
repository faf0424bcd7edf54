#pragma once

#include "hals.hpp"
#include "multiplicative.hpp"

/// Alternating minimisation of ½‖A − W·H‖² + penalties, with one read of A per
/// iteration. While a tile of A is in the cache, its rows of W are updated, and the
/// sums for the update of H, AᵀW and WᵀW, are computed with the new rows.
///
/// The objective follows from the same sums:
///
///     ½‖A − W·H‖² = ½‖A‖² − ⟨AᵀW, Ht⟩ + ½⟨WᵀW, HHᵀ⟩
namespace latentia::nmf {

/// The sums of an updated factor F: FᵀF, and ⟨F, P⟩ with the P of the update.
struct FactorSums {
  RowMatrix<double> gram;
  double cross_term = 0;

  explicit FactorSums(Index k = 0) : gram(RowMatrix<double>::Zero(k, k)) {}

  FactorSums& operator+=(const FactorSums& other) {
    gram += other.gram;
    cross_term += other.cross_term;
    return *this;
  }
};

/// Rows in a tile. Sparse rows are short enough to stay in the cache: their tile is as
/// large as a block of the update rule.
template <typename T>
Index rows_of_tile(const Dense<T>& a) {
  return std::min(block_rows, Tiles<Dense<T>>::rows(a));
}
template <typename T, typename I>
Index rows_of_tile(const Csr<T, I>&) {
  return block_rows;
}

/// The size of the Gram matrix of one chunk.
inline Index gram_bytes(Index k) { return k * k * static_cast<Index>(sizeof(double)); }

/// Updates blocks of rows of a factor by a rule, and adds up their sums. One per task.
template <typename T, typename Rule>
class RowUpdate {
 public:
  RowMatrix<T> w, p;
  FactorSums sums;

  /// `k` columns, padded as the rule needs them
  RowUpdate(const Rule& rule, Index k)
      : w(RowMatrix<T>::Zero(block_rows, Rule::padded_columns(k))),
        p(RowMatrix<T>::Zero(block_rows, w.cols())),
        sums(w.cols()),
        rule_(rule),
        k_(k) {}

  /// Updates rows [first, first + count) of the factor, given p.
  void operator()(MatrixView<T>& factor, Index first, Index count) {
    load_rows(factor, first, count, w);
    zero_padding_rows(p, count);
    rule_(w, p, count);
    store_rows(w, first, count, factor);
    add_gram(w, count, k_, scratch_, sums.gram);
    sums.cross_term += inner_product(w, p, count);
  }

 private:
  Rule rule_;
  Index k_;
  RowMatrix<T> scratch_;
};

inline FactorSums total_of(const std::vector<FactorSums>& partial, Index k) {
  FactorSums total(k);
  for (const FactorSums& sums : partial) total += sums;
  return total;
}

/// Updates all rows of a factor, given P (as many rows as the factor, k columns).
template <typename T, typename Rule>
FactorSums update(MatrixView<T> factor, const ConstMatrixView<T>& p, const Rule& rule,
                  int n_threads) {
  const Index k = Rule::padded_columns(factor.cols());
  const Chunks chunks = Chunks::for_sums(factor.rows(), 4 * block_rows, gram_bytes(k));
  std::vector<FactorSums> partial(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(4 * factor.rows() * k * k, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    RowUpdate<T, Rule> row_update(rule, factor.cols());
    for_each_tile(chunks.begin(c), chunks.end(c), block_rows,
                  [&](Index first, Index count) {
                    copy_rows<T>(p.data() + first * p.outerStride(), p.outerStride(),
                                 count, p.cols(), row_update.p.data(), k);
                    row_update(factor, first, count);
                  });
    partial[static_cast<std::size_t>(c)] = std::move(row_update.sums);
  });
  return total_of(partial, k);
}

/// Updates W given Ht, and writes AᵀW (n × k) of the new W.
template <typename T, typename Matrix, typename Rule>
FactorSums frobenius_pass(const Matrix& a, MatrixView<T> w,
                          const ConstMatrixView<T>& ht, const Rule& rule,
                          MatrixView<T> at_w, Workspace<T>& workspace, int n_threads) {
  const RowMatrix<T>& padded_ht =
      workspace.pad(ht, padded_to_half_vector<T>(ht.cols()), n_threads);
  const Index k = Rule::padded_columns(ht.cols());
  Chunks chunks = chunks_for<T>(a, padded_ht.cols());
  chunks.count =
      std::min(chunks.count, Chunks::for_sums(a.rows, 1, gram_bytes(k)).count);
  workspace.sums.resize(static_cast<std::size_t>(chunks.count));
  std::vector<FactorSums> sums(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(2 * nnz(a) * k + a.rows * k * k, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    RowMatrix<T>& sum = workspace.sums[static_cast<std::size_t>(c)];
    sum.setZero(a.cols, padded_ht.cols());
    Tiles<Matrix> tiles(a, {}, &padded_ht);
    RowUpdate<T, Rule> row_update(rule, ht.cols());
    for_each_tile(chunks.begin(c), chunks.end(c), rows_of_tile(a),
                  [&](Index first, Index count) {
                    tiles.multiply(first, count, padded_ht, row_update.p);
                    row_update(w, first, count);
                    tiles.add_transposed_product(row_update.w, sum);
                  });
    sums[static_cast<std::size_t>(c)] = std::move(row_update.sums);
  });
  sum_in_order(workspace.sums, at_w, n_threads);
  return total_of(sums, k);
}

/// The same for sparse A with a transposed copy, Aᵀ in CSR. Rows are gathered only:
/// no sums of n × k are kept for each chunk, and added.
template <typename T, typename I, typename Rule>
FactorSums frobenius_pass(const Csr<T, I>& a, const Csr<T, I>& transposed,
                          MatrixView<T> w, const ConstMatrixView<T>& ht,
                          const Rule& rule, MatrixView<T> at_w, Workspace<T>& workspace,
                          int n_threads) {
  const auto gathered_ht = Workspace<T>::gathered(ht, n_threads, workspace.ht);
  const Index k = Rule::padded_columns(ht.cols());
  const Chunks chunks = Chunks::for_sums(a.rows, 4 * block_rows, gram_bytes(k));
  std::vector<FactorSums> partial(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(4 * nnz(a) * k + a.rows * k * k, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    RowUpdate<T, Rule> row_update(rule, ht.cols());
    for_each_tile(
        chunks.begin(c), chunks.end(c), block_rows, [&](Index first, Index count) {
          skinny::gather_rows(a, first, count, gathered_ht, row_update.p.data(), k);
          row_update(w, first, count);
        });
    partial[static_cast<std::size_t>(c)] = std::move(row_update.sums);
  });
  const ConstMatrixView<T> new_w(w.data(), w.rows(), w.cols(),
                                 Eigen::OuterStride<>(w.outerStride()));
  transposed_product(transposed, Workspace<T>::gathered(new_w, n_threads, workspace.w),
                     at_w, n_threads);
  return total_of(partial, k);
}

}  // namespace latentia::nmf
