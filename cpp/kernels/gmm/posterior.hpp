#pragma once

#include "mixture.hpp"
#include "moments.hpp"

/// From squared distances to log-probabilities, and from those to responsibilities.
///
///     log_prob, r (K × rows), one value a row (rows)
namespace latentia::gmm {

template <typename T>
using Row = Eigen::Array<T, 1, Eigen::Dynamic>;

/// log π_k N(x; μ_k, Σ_k) in place of q(k, row).
template <typename T>
void to_log_prob(const Mixture<T>& mixture, Index rows, RowMatrix<T>& q) {
  // The square of an outlier may be too large for T: as far as can be told apart.
  constexpr T farthest = std::numeric_limits<T>::max() / 4;
  for (Index k = 0; k < mixture.components; ++k) {
    auto row = q.row(k).head(rows).array();
    row = mixture.log_weight[k] - T{0.5} * row.min(farthest);
  }
}

/// log_prob becomes exp(log_prob − log p(x)); returns log p(x) = log Σ_k exp(log_prob).
template <typename T>
Row<T> to_posterior(Index rows, RowMatrix<T>& log_prob) {
  Row<T> top = log_prob.row(0).head(rows), sum = Row<T>::Zero(rows);
  for (Index k = 1; k < log_prob.rows(); ++k)
    top = top.max(log_prob.row(k).head(rows).array());
  for (Index k = 0; k < log_prob.rows(); ++k) {
    auto row = log_prob.row(k).head(rows).array();
    row = (row - top).exp();
    sum += row;
  }
  const Row<T> inverse = sum.inverse();
  for (Index k = 0; k < log_prob.rows(); ++k)
    log_prob.row(k).head(rows).array() *= inverse;
  return top + sum.log();
}

/// E-step: every row belongs to every component with its posterior probability.
template <typename T, typename Distances>
class Posterior {
 public:
  explicit Posterior(const Mixture<T>& mixture)
      : mixture_(mixture), distances_(mixture) {}

  /// r(k, row), before sample weights; gain(row) = log p(x).
  void operator()(const Tile<T>& tile, RowMatrix<T>& r, Row<T>& gain) const {
    distances_(tile, r);
    to_log_prob(mixture_, tile.wide(), r);
    gain = to_posterior(tile.wide(), r);
  }

 private:
  Mixture<T> mixture_;
  Distances distances_;
};

}  // namespace latentia::gmm
