#pragma once

#include "../nmf/factor_layouts.hpp"
#include "../nmf/panels.hpp"
#include "top_n.hpp"

/// The n items with the largest scores of each row, best first, except for those that
/// `exclude` stores in the row.
///
///     items, scores (m × n)
///
/// Of equal scores the lower item comes first; −1 and −∞ where there are no more.
/// Columns increase in each row of `exclude`.
namespace latentia::ranking {

/// Scores are the entries of W·H, which is computed tile by tile.
template <typename T, typename I>
void top_of_product(const ConstMatrixView<T>& w, const ConstMatrixView<T>& ht,
                    const Csr<T, I>* exclude, MatrixView<std::int64_t> items,
                    MatrixView<T> scores, int n_threads) {
  const nmf::FactorLayouts<T> h(ht);
  const Index tile_rows = 48, k = h.ht.cols();
  const Chunks chunks = Chunks::with_max_rows(w.rows(), 4 * tile_rows);
  parallel_for(
      chunks.count, useful_threads(w.rows() * ht.rows() * k, n_threads), [&](Index c) {
        RowMatrix<T> rows = RowMatrix<T>::Zero(tile_rows, k);
        RowMatrix<T> q(tile_rows, std::min(nmf::panel_columns, h.h.cols()));
        std::vector<TopN<T>> top_n(static_cast<std::size_t>(tile_rows),
                                   TopN<T>(items.cols()));
        for_each_tile(
            chunks.begin(c), chunks.end(c), tile_rows, [&](Index first, Index count) {
              std::vector<Excluded<T, I>> excluded;
              for (Index i = 0; i < count; ++i) {
                top_n[static_cast<std::size_t>(i)].clear();
                excluded.emplace_back(exclude, first + i);
              }
              rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
              for (Index j = 0; j < ht.rows(); j += nmf::panel_columns) {
                const Index cols = std::min(nmf::panel_columns, ht.rows() - j);
                h.product(rows, count, j, cols, q);
                for (Index i = 0; i < count; ++i)
                  excluded[static_cast<std::size_t>(i)].push_others(
                      q.data() + i * q.cols(), j, cols,
                      top_n[static_cast<std::size_t>(i)]);
              }
              for (Index i = 0; i < count; ++i)
                top_n[static_cast<std::size_t>(i)].write(&items(first + i, 0),
                                                         &scores(first + i, 0));
            });
      });
}

/// Scores are given: S (m × number of items).
template <typename T, typename I>
void top_of_scores(const ConstMatrixView<T>& s, const Csr<T, I>* exclude,
                   MatrixView<std::int64_t> items, MatrixView<T> scores,
                   int n_threads) {
  const Chunks chunks = Chunks::with_max_rows(s.rows(), 64);
  parallel_for(chunks.count, useful_threads(s.size() * 4, n_threads), [&](Index c) {
    TopN<T> top_n(items.cols());
    for_each_tile(chunks.begin(c), chunks.end(c), 1, [&](Index i, Index) {
      top_n.clear();
      Excluded<T, I>(exclude, i)
          .push_others(s.data() + i * s.outerStride(), 0, s.cols(), top_n);
      top_n.write(&items(i, 0), &scores(i, 0));
    });
  });
}

}  // namespace latentia::ranking
