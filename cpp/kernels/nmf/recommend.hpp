#pragma once

#include <algorithm>
#include <limits>

#include "factor_layouts.hpp"
#include "panels.hpp"

namespace latentia::nmf {

/// Keeps the n items with the largest scores of those that were pushed. Of equal scores
/// the lower item comes first.
template <typename T>
class TopN {
  struct Candidate {
    T score;
    Index item;
  };

 public:
  explicit TopN(Index n) : n_(n) {}

  void clear() { heap_.clear(); }

  void push(T score, Index item) {
    const bool is_full = static_cast<Index>(heap_.size()) == n_;
    if (is_full && !ranks_before({score, item}, heap_.front())) return;
    if (is_full) {
      std::pop_heap(heap_.begin(), heap_.end(), ranks_before);
      heap_.pop_back();
    }
    heap_.push_back({score, item});
    std::push_heap(heap_.begin(), heap_.end(), ranks_before);
  }

  /// Writes the items in order of rank. If there are fewer than n, −1 and −∞ fill the
  /// rest. Call `clear` before the next push.
  void write(std::int64_t* items, T* scores) {
    std::sort_heap(heap_.begin(), heap_.end(), ranks_before);
    heap_.resize(static_cast<std::size_t>(n_),
                 {-std::numeric_limits<T>::infinity(), -1});
    for (const Candidate& one : heap_) *items++ = one.item, *scores++ = one.score;
  }

 private:
  static bool ranks_before(const Candidate& x, const Candidate& y) {
    return x.score > y.score || (x.score == y.score && x.item < y.item);
  }

  Index n_;
  std::vector<Candidate> heap_;  // the lowest rank is in front
};

/// Pushes the scores of one row of W·H and a panel of columns from `begin` on, except
/// for the columns that `exclude` stores in that row.
template <typename T, typename I>
void push_panel(const T* scores, Index begin, Index cols, const Csr<T, I>* exclude,
                Index row, TopN<T>& top_n) {
  Index next = 0, end = 0;
  if (exclude) {
    end = exclude->row_start[row + 1];
    next = first_from(exclude->column, exclude->row_start[row], end, begin);
  }
  for (Index j = 0; j < cols; ++j) {
    if (next != end && exclude->column[next] == begin + j)
      ++next;
    else
      top_n.push(scores[j], begin + j);
  }
}

/// The columns of the n largest entries of every row of W·H, except for those that
/// `exclude` stores. W·H is computed tile by tile.
///
///     items, scores (m × n)
template <typename T, typename I>
void recommend(const ConstMatrixView<T>& w, const ConstMatrixView<T>& ht,
               const Csr<T, I>* exclude, MatrixView<std::int64_t> items,
               MatrixView<T> scores, int n_threads) {
  const FactorLayouts<T> h(ht);
  const Index tile_rows = 48, k = h.ht.cols();
  const Chunks chunks = Chunks::with_max_rows(w.rows(), 4 * tile_rows);
  parallel_for(
      chunks.count, useful_threads(w.rows() * ht.rows() * k, n_threads), [&](Index c) {
        RowMatrix<T> rows = RowMatrix<T>::Zero(tile_rows, k);
        RowMatrix<T> q(tile_rows, std::min(panel_columns, h.h.cols()));
        std::vector<TopN<T>> top_n(static_cast<std::size_t>(tile_rows),
                                   TopN<T>(items.cols()));
        for_each_tile(
            chunks.begin(c), chunks.end(c), tile_rows, [&](Index first, Index count) {
              for (auto& one : top_n) one.clear();
              rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
              for (Index j = 0; j < ht.rows(); j += panel_columns) {
                const Index cols = std::min(panel_columns, ht.rows() - j);
                h.product(rows, count, j, cols, q);
                for (Index i = 0; i < count; ++i)
                  push_panel(q.data() + i * q.cols(), j, cols, exclude, first + i,
                             top_n[static_cast<std::size_t>(i)]);
              }
              for (Index i = 0; i < count; ++i)
                top_n[static_cast<std::size_t>(i)].write(&items(first + i, 0),
                                                         &scores(first + i, 0));
            });
      });
}

}  // namespace latentia::nmf
