#pragma once

#include <algorithm>
#include <limits>

#include "filled.hpp"

namespace latentia::nmf {

/// The n best of what is offered: the largest scores, of equals the lowest items.
template <typename T>
class Best {
  struct Candidate {
    T score;
    Index item;
  };

 public:
  explicit Best(Index n) : n_(n) {}

  void clear() { heap_.clear(); }

  void offer(T score, Index item) {
    const bool full = static_cast<Index>(heap_.size()) == n_;
    if (full && !better({score, item}, heap_.front())) return;
    if (full) {
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.pop_back();
    }
    heap_.push_back({score, item});
    std::push_heap(heap_.begin(), heap_.end(), better);
  }

  /// Best first; −1 and −∞ where there are no more. Leaves nothing to offer to.
  void write(std::int64_t* items, T* scores) {
    std::sort_heap(heap_.begin(), heap_.end(), better);
    heap_.resize(static_cast<std::size_t>(n_),
                 {-std::numeric_limits<T>::infinity(), -1});
    for (const Candidate& one : heap_) *items++ = one.item, *scores++ = one.score;
  }

 private:
  static bool better(const Candidate& x, const Candidate& y) {
    return x.score > y.score || (x.score == y.score && x.item < y.item);
  }

  Index n_;
  std::vector<Candidate> heap_;  // the worst in front
};

/// best.offer(...) what a panel (columns from `begin`) of a row of W·H says, but for
/// those columns that `exclude` stores in that row.
template <typename T, typename I>
void offer_panel(const T* scores, Index begin, Index cols, const Csr<T, I>* exclude,
                 Index row, Best<T>& best) {
  const I *next = nullptr, *end = nullptr;
  if (exclude) {
    end = exclude->column + exclude->row_start[row + 1];
    next = std::lower_bound(exclude->column + exclude->row_start[row], end,
                            static_cast<I>(begin));
  }
  for (Index j = 0; j < cols; ++j) {
    if (next != end && *next == begin + j)
      ++next;
    else
      best.offer(scores[j], begin + j);
  }
}

/// The columns of the n largest entries of every row of W·H, but for those that
/// `exclude` stores. W·H is made tile by tile.
///
///     items, scores (m × n)
template <typename T, typename I>
void recommend(const Narrow<T>& w, const Narrow<T>& ht, const Csr<T, I>* exclude,
               NarrowOut<std::int64_t> items, NarrowOut<T> scores, int n_threads) {
  const BothWays<T> h(ht);
  const Index most = 48, k = h.ht.cols();
  const Chunks chunks = Chunks::of_rows(w.rows(), 4 * most);
  parallel_for(chunks.count, worth(w.rows() * ht.rows() * k, n_threads), [&](Index c) {
    RowMatrix<T> rows = RowMatrix<T>::Zero(most, k);
    RowMatrix<T> q(most, std::min(panel_columns, h.h.cols()));
    std::vector<Best<T>> best(static_cast<std::size_t>(most), Best<T>(items.cols()));
    for_each_tile(chunks.begin(c), chunks.end(c), most, [&](Index first, Index count) {
      for (auto& one : best) one.clear();
      rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
      for (Index j = 0; j < ht.rows(); j += panel_columns) {
        const Index cols = std::min(panel_columns, ht.rows() - j);
        h.product(rows, count, j, cols, q);
        for (Index i = 0; i < count; ++i)
          offer_panel(q.data() + i * q.cols(), j, cols, exclude, first + i,
                      best[static_cast<std::size_t>(i)]);
      }
      for (Index i = 0; i < count; ++i)
        best[static_cast<std::size_t>(i)].write(&items(first + i, 0),
                                                &scores(first + i, 0));
    });
  });
}

}  // namespace latentia::nmf
