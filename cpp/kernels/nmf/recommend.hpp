#pragma once

#include <algorithm>
#include <limits>

#include "filled.hpp"

namespace latentia::nmf {

/// The columns of the n largest entries of every row of W·H, best first and of equals
/// the lower one first, but for those that `exclude` stores: W·H is made tile by tile.
/// Places that cannot be filled hold −1 and −∞.
///
///     items, scores (m × n)
template <typename T, typename I>
void recommend(const Narrow<T>& w, const Narrow<T>& ht, const Csr<T, I>* exclude,
               NarrowOut<std::int64_t> items, NarrowOut<T> scores, int n_threads) {
  const BothWays<T> h(ht);
  const Index rows_a_tile = 48, n = items.cols(), columns = ht.rows();
  const Index k = h.ht.cols();
  using Candidate = std::pair<T, Index>;
  const auto better = [](const Candidate& x, const Candidate& y) {
    return x.first > y.first || (x.first == y.first && x.second < y.second);
  };
  const auto visit = [&](Index first, Index count, RowMatrix<T>& rows, RowMatrix<T>& q,
                         std::vector<std::vector<Candidate>>& best) {
    for (auto& row : best) row.clear();
    rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
    for (Index j = 0; j < columns; j += panel_columns) {
      const Index cols = std::min(panel_columns, columns - j);
      q.topRows(count).setZero();
      skinny::multiply_add<T>({rows.data(), count, h.h.rows(), k, 1}, padded<T>(cols),
                              h.h.data() + j, h.h.cols(), q.data(), q.cols(),
                              {rows.data(), k});
      for (Index i = 0; i < count; ++i) {
        auto& heap = best[static_cast<std::size_t>(i)];
        const I* next = nullptr;
        const I* end = nullptr;
        if (exclude) {
          next = exclude->column + exclude->row_start[first + i];
          end = exclude->column + exclude->row_start[first + i + 1];
          next = std::lower_bound(next, end, static_cast<I>(j));
        }
        for (Index c = 0; c < cols; ++c) {
          if (next != end && *next == j + c) {
            ++next;
            continue;
          }
          const Candidate one{q(i, c), j + c};
          const bool full = static_cast<Index>(heap.size()) == n;
          if (full && !better(one, heap.front())) continue;
          if (full) {
            std::pop_heap(heap.begin(), heap.end(), better);
            heap.pop_back();
          }
          heap.push_back(one);
          std::push_heap(heap.begin(), heap.end(), better);
        }
      }
    }
    for (Index i = 0; i < count; ++i) {
      auto& heap = best[static_cast<std::size_t>(i)];
      std::sort_heap(heap.begin(), heap.end(), better);
      for (Index r = 0; r < n; ++r) {
        const bool there = r < static_cast<Index>(heap.size());
        const auto& one = there ? heap[static_cast<std::size_t>(r)]
                                : Candidate{-std::numeric_limits<T>::infinity(), -1};
        items(first + i, r) = one.second;
        scores(first + i, r) = one.first;
      }
    }
  };
  const Chunks chunks = Chunks::of_rows(w.rows(), 4 * rows_a_tile);
  parallel_for(chunks.count, worth(w.rows() * columns * k, n_threads), [&](Index c) {
    RowMatrix<T> rows = RowMatrix<T>::Zero(rows_a_tile, k);
    RowMatrix<T> q(rows_a_tile, std::min(panel_columns, h.h.cols()));
    std::vector<std::vector<Candidate>> best(static_cast<std::size_t>(rows_a_tile));
    for_each_tile(
        chunks.begin(c), chunks.end(c), rows_a_tile,
        [&](Index first, Index count) { visit(first, count, rows, q, best); });
  });
}

}  // namespace latentia::nmf
