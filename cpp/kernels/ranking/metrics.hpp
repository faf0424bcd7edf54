#pragma once

#include <cmath>
#include <span>

#include "../parallel.hpp"

/// Metrics of ranked lists. A user is a row; r(1), r(2), … is 1 where the list has a
/// relevant item and else 0, R is the number of relevant items, and k is the depth.
///
///     recall      Σ_{j ≤ k} r(j) / min(k, R)         (Liang et al. 2018)
///     precision   Σ_{j ≤ k} r(j) / k
///     NDCG        Σ_{j ≤ k} r(j) / log2(j + 1)  /  Σ_{j ≤ min(k, R)} 1 / log2(j + 1)
///     MAP         Σ_{j ≤ k} r(j)·precision@j  /  min(k, R)
///     MRR         1 / (rank of the first relevant item), 0 if it is not among k
///     hit rate    whether one of k is relevant
///     novelty     mean of −log2(share of users that have the item) over the list
namespace latentia::ranking {

inline constexpr Index n_metrics = 7;

/// The metrics of a user at the depths k, which ascend.
class UserMetrics {
 public:
  UserMetrics(std::span<const Index> depths, std::span<const double> information)
      : depths_(depths), information_(information), discount_(1) {
    for (Index j = 1; j <= depths.back(); ++j)
      discount_.push_back(1 / std::log2(static_cast<double>(j) + 1));
    ideal_.assign(discount_.size(), 0.0);
    for (std::size_t j = 1; j < discount_.size(); ++j)
      ideal_[j] = ideal_[j - 1] + discount_[j];
  }

  /// Writes metric 0 at all depths, then metric 1 and so on. The relevant items are
  /// column[first] … column[last − 1], which ascend.
  template <typename Columns>
  void write(const std::int64_t* list, Index length, const Columns& column, Index first,
             Index last, double* out) const {
    const Index n_depths = static_cast<Index>(depths_.size());
    double hits = 0, gain = 0, precisions = 0, reciprocal = 0, information = 0;
    Index rank = 0;
    for (Index d = 0; d < n_depths; ++d) {
      const Index k = depths_[static_cast<std::size_t>(d)];
      for (; rank < std::min(k, length) && list[rank] >= 0; ++rank) {
        const std::int64_t item = list[rank];
        if (!information_.empty())
          information += information_[static_cast<std::size_t>(item)];
        const Index found = first_from(column, first, last, Index{item});
        if (found == last || column[found] != item) continue;
        ++hits;
        gain += discount_[static_cast<std::size_t>(rank) + 1];
        precisions += hits / static_cast<double>(rank + 1);
        if (hits == 1) reciprocal = 1 / static_cast<double>(rank + 1);
      }
      const Index possible = std::min(k, last - first);
      const double most = static_cast<double>(possible);
      const double values[n_metrics] = {
          hits / most,
          hits / static_cast<double>(k),
          gain / ideal_[static_cast<std::size_t>(possible)],
          precisions / most,
          reciprocal,
          hits > 0 ? 1.0 : 0.0,
          information / static_cast<double>(rank)};
      for (Index metric = 0; metric < n_metrics; ++metric)
        out[metric * n_depths + d] = values[metric];
    }
  }

 private:
  std::span<const Index> depths_;
  std::span<const double> information_;  // of each item, or empty
  std::vector<double> discount_, ideal_;
};

/// The metrics of every row. 0 / 0 is NaN: no relevant items, or novelty of an empty
/// list.
///
///     list (m × length), −1 after its end; out (m × n_metrics·number of depths)
template <typename T, typename I>
void metrics(const ConstMatrixView<std::int64_t>& list, const Csr<T, I>& relevant,
             std::span<const Index> depths, std::span<const double> information,
             MatrixView<double> out, int n_threads) {
  const UserMetrics user(depths, information);
  const Chunks chunks = Chunks::with_max_rows(list.rows(), 256);
  parallel_for(chunks.count, useful_threads(32 * list.size(), n_threads), [&](Index c) {
    for_each_tile(chunks.begin(c), chunks.end(c), 1, [&](Index i, Index) {
      user.write(list.data() + i * list.outerStride(), list.cols(), relevant.column,
                 relevant.row_start[i], relevant.row_start[i + 1], &out(i, 0));
    });
  });
}

}  // namespace latentia::ranking
