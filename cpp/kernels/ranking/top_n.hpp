#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "../matrix.hpp"

namespace latentia::ranking {

/// Keeps the n items with the largest scores of those that were pushed. Of equal scores
/// the lower item comes first. An item with the score −∞ is never taken.
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
    if (score == -std::numeric_limits<T>::infinity() ||
        (is_full() && !ranks_before({score, item}, heap_.front())))
      return;
    if (is_full()) {
      std::pop_heap(heap_.begin(), heap_.end(), ranks_before);
      heap_.pop_back();
    }
    heap_.push_back({score, item});
    std::push_heap(heap_.begin(), heap_.end(), ranks_before);
  }

  /// Pushes the items first … first + count − 1, which must be higher than all that
  /// were pushed before. Most blocks of scores are below the n-th largest one: they are
  /// skipped after one comparison of their maximum.
  void push_run(const T* scores, Index first, Index count) {
    constexpr Index block = 32;
    using Block = Eigen::Map<const Eigen::Array<T, block, 1>>;
    Index j = 0;
    for (; j < count && !is_full(); ++j) push(scores[j], first + j);
    for (; j + block <= count; j += block)
      if (Block(scores + j).maxCoeff() > heap_.front().score)
        for (Index l = j; l < j + block; ++l) push(scores[l], first + l);
    for (; j < count; ++j) push(scores[j], first + j);
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
  bool is_full() const { return static_cast<Index>(heap_.size()) == n_; }

  static bool ranks_before(const Candidate& x, const Candidate& y) {
    return x.score > y.score || (x.score == y.score && x.item < y.item);
  }

  Index n_;
  std::vector<Candidate> heap_;  // the lowest rank is in front
};

/// The columns that are left out in a row, in panels of columns from left to right.
template <typename T, typename I>
class Excluded {
 public:
  Excluded(const Csr<T, I>* exclude, Index row) : exclude_(exclude) {
    if (!exclude) return;
    next_ = exclude->row_start[row];
    end_ = exclude->row_start[row + 1];
  }

  /// Pushes the scores of the columns begin … begin + cols − 1 that are not left out.
  void push_others(const T* scores, Index begin, Index cols, TopN<T>& top_n) {
    Index j = 0;
    for (; next_ != end_ && exclude_->column[next_] < begin + cols; ++next_) {
      const Index skipped = exclude_->column[next_] - begin;
      if (skipped < j) continue;  // columns that do not increase
      top_n.push_run(scores + j, begin + j, skipped - j);
      j = skipped + 1;
    }
    top_n.push_run(scores + j, begin + j, cols - j);
  }

 private:
  const Csr<T, I>* exclude_;
  Index next_ = 0, end_ = 0;
};

}  // namespace latentia::ranking
