#pragma once

#include "coordinate.hpp"
#include "multiplicative.hpp"

/// Alternating minimisation of ½‖A − W·H‖² + penalties, in one read of A an iteration:
/// while a tile of rows lies in the cache its rows of W are updated, and what H's own
/// update needs is added up.
///
/// From AᵀW, WᵀW and ‖A‖² follows the objective, as ½‖A‖² − ⟨AᵀW, Ht⟩ + ½⟨WᵀW, HHᵀ⟩.
namespace latentia::nmf {

/// What an update of a factor F leaves behind: FᵀF, and ⟨F, P⟩ for what it was given.
struct FactorSums {
  RowMatrix<double> gram;
  double cross = 0;

  explicit FactorSums(Index k = 0) : gram(RowMatrix<double>::Zero(k, k)) {}

  FactorSums& operator+=(const FactorSums& other) {
    gram += other.gram;
    cross += other.cross;
    return *this;
  }
};

/// Sparse rows are read from L1 both times; more of them share a step of the rule.
template <typename T>
Index rows_of_tile(const Dense<T>& a) {
  return std::min(most_rows, Tiles<Dense<T>>::rows(a));
}
template <typename T, typename I>
Index rows_of_tile(const Csr<T, I>&) {
  return most_rows;
}

/// Columns of Ht and of the sums.
template <typename T>
Index line_of(const Dense<T>&, Index k) {
  return padded<T>(k);
}
template <typename T, typename I>
Index line_of(const Csr<T, I>&, Index k) {
  return skinny::padded_to_half<T>(k);
}

/// Of the Gram matrix that a run of rows adds up.
inline Index gram_bytes(Index k) { return k * k * static_cast<Index>(sizeof(double)); }

/// Buffers of one task, and what it does with them.
template <typename T, typename Rule>
class RowUpdate {
 public:
  RowMatrix<T> w, p;
  FactorSums sums;

  RowUpdate(const Rule& rule, Index k)
      : w(RowMatrix<T>::Zero(most_rows, k)),
        p(RowMatrix<T>::Zero(most_rows, k)),
        sums(k),
        rule_(rule) {}

  /// Rows [first, first + count) of the factor, given p.
  void operator()(NarrowOut<T>& factor, Index first, Index count) {
    load_rows(factor, first, count, w);
    close_rows(p, count);
    rule_(w, p, count);
    store_rows(w, first, count, factor);
    add_gram(w, count, scratch_, sums.gram);
    sums.cross += inner_product(w, p, count);
  }

 private:
  Rule rule_;
  RowMatrix<T> scratch_;
};

/// The update of a factor's rows where P (as many rows, k) is known.
template <typename T, typename Rule>
FactorSums update(NarrowOut<T> factor, const Narrow<T>& p, const Rule& rule,
                  int n_threads) {
  const Index k = padded<T>(factor.cols());
  const Chunks chunks = Chunks::for_sums(factor.rows(), 4 * most_rows, gram_bytes(k));
  std::vector<FactorSums> partial(static_cast<std::size_t>(chunks.count));
  const int team = worth(4 * factor.rows() * k * k, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    RowUpdate<T, Rule> rows(rule, k);
    for_each_tile(chunks.begin(c), chunks.end(c), most_rows,
                  [&](Index first, Index count) {
                    rows.p.topLeftCorner(count, p.cols()) = p.middleRows(first, count);
                    rows(factor, first, count);
                  });
    partial[static_cast<std::size_t>(c)] = std::move(rows.sums);
  });
  FactorSums total(k);
  for (const FactorSums& sums : partial) total += sums;
  return total;
}

/// The update of W given Ht, and AᵀW (n × k) of the new W.
template <typename T, typename Matrix, typename Rule>
FactorSums frobenius_pass(const Matrix& a, NarrowOut<T> w, const Narrow<T>& ht,
                          const Rule& rule, NarrowOut<T> adjoint,
                          Workspace<T>& workspace, int n_threads) {
  const RowMatrix<T>& wide = workspace.pad(ht, line_of(a, ht.cols()), n_threads);
  const Index k = padded<T>(ht.cols());
  Chunks chunks = chunks_for<T>(a, wide.cols());
  chunks.count =
      std::min(chunks.count, Chunks::for_sums(a.rows, 1, gram_bytes(k)).count);
  workspace.sums.resize(static_cast<std::size_t>(chunks.count));
  std::vector<FactorSums> sums(static_cast<std::size_t>(chunks.count));
  const int team = worth(2 * stored(a) * k + a.rows * k * k, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    RowMatrix<T>& sum = workspace.sums[static_cast<std::size_t>(c)];
    sum.setZero(a.cols, wide.cols());
    Tiles<Matrix> tiles(a, {}, &wide);
    RowUpdate<T, Rule> rows(rule, k);
    for_each_tile(chunks.begin(c), chunks.end(c), rows_of_tile(a),
                  [&](Index first, Index count) {
                    tiles.forward(first, count, wide, rows.p);
                    rows(w, first, count);
                    tiles.backward(rows.w, sum);
                  });
    sums[static_cast<std::size_t>(c)] = std::move(rows.sums);
  });
  sum_in_order(workspace.sums, adjoint, n_threads);
  FactorSums total(k);
  for (const FactorSums& part : sums) total += part;
  return total;
}

}  // namespace latentia::nmf
