#pragma once

#include <functional>

#include "active_rows.hpp"
#include "centred_tile.hpp"
#include "mixture.hpp"

/// Log-probabilities from squared distances, and responsibilities from
/// log-probabilities.
///
///     q, log_prob, r (K × rows), log_likelihood (rows)
namespace latentia::gmm {

template <typename T>
using Row = Eigen::Array<T, 1, Eigen::Dynamic>;

/// Writes squared distances q(k, row) of a tile. A call for each tile costs nothing
/// measurable, and passes need not be compiled for every covariance type.
template <typename T>
using DistanceRule = std::function<void(const CentredTile<T>&, RowMatrix<T>& q)>;

/// Writes the responsibilities r(k, row) of a tile, and log_likelihood(row).
template <typename T>
using ResponsibilityRule =
    std::function<void(const CentredTile<T>&, RowMatrix<T>& r, Row<T>&)>;

/// Replaces q(k, row) by log π_k N(x; μ_k, Σ_k).
template <typename T>
void log_prob_from_distances(const Mixture<T>& mixture, Index rows, RowMatrix<T>& q) {
  // The squared distance of an outlier may overflow: a finite one keeps the differences
  // of log-probabilities defined.
  constexpr T max_distance = std::numeric_limits<T>::max() / 4;
  for (Index k = 0; k < mixture.components; ++k) {
    auto row = q.row(k).head(rows).array();
    row = mixture.log_weight[k] - T{0.5} * row.min(max_distance);
  }
}

/// Replaces log_prob by r = exp(log_prob − log p(x)), and returns
/// log p(x) = log Σ_k exp(log_prob).
template <typename T>
Row<T> posterior_from_log_prob(Index rows, RowMatrix<T>& log_prob) {
  Row<T> largest = log_prob.row(0).head(rows), sum = Row<T>::Zero(rows);
  for (Index k = 1; k < log_prob.rows(); ++k)
    largest = largest.max(log_prob.row(k).head(rows).array());
  for (Index k = 0; k < log_prob.rows(); ++k) {
    auto row = log_prob.row(k).head(rows).array();
    row = (row - largest).exp();
    sum += row;
  }
  const Row<T> inverse = sum.inverse();
  for (Index k = 0; k < log_prob.rows(); ++k)
    log_prob.row(k).head(rows).array() *= inverse;
  return largest + sum.log();
}

/// The E-step: responsibilities are the posterior probabilities of the components.
template <typename T>
class Posterior {
 public:
  Posterior(const Mixture<T>& mixture, DistanceRule<T> distances)
      : mixture_(mixture), distances_(std::move(distances)) {}

  /// r(k, row) without sample weights, and log_likelihood(row) = log p(x).
  void operator()(const CentredTile<T>& tile, RowMatrix<T>& r,
                  Row<T>& log_likelihood) const {
    distances_(tile, r);
    log_prob_from_distances(mixture_, tile.padded_rows(), r);
    log_likelihood = posterior_from_log_prob(tile.padded_rows(), r);
  }

 private:
  Mixture<T> mixture_;
  DistanceRule<T> distances_;
};

}  // namespace latentia::gmm
