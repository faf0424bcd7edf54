#pragma once

#include "divergence.hpp"

/// The multiplicative update of a factor from its numerator and denominator.
namespace latentia::nmf {

/// What a pass returns. It also writes the two sums that the update of H needs:
///
///     numerator = uᵀW (n × k), denominator = vᵀW (n × k, or ΣW in one row if v = 1)
struct DivergenceSums {
  double value = 0;           // D(A | W·H) before the update of W
  Eigen::ArrayXd factor_sum;  // Σ W (k)
};

inline DivergenceSums sum_of_chunks(const std::vector<DivergenceSums>& partial) {
  DivergenceSums total = partial[0];
  for (std::size_t c = 1; c < partial.size(); ++c) {
    total.value += partial[c].value;
    total.factor_sum += partial[c].factor_sum;
  }
  return total;
}

/// W ← W ∘ ((numerator + l2·centre) / (denominator + l1 + l2·W))^γ for the first
/// `count` rows. The denominator has a row for each of them, or one row for all. The
/// negative part of the penalty's gradient, l2·centre, is in the numerator.
template <typename T>
void multiply(RowMatrix<T>& w, const RowMatrix<T>& numerator,
              const RowMatrix<T>& denominator, Index count, Penalty<T> penalty,
              T gamma) {
  using Line = Eigen::Array<T, 1, Eigen::Dynamic>;
  Line d(w.cols()), centre_term = Line::Zero(w.cols());
  for (std::size_t l = 0; l < penalty.centre.size(); ++l)
    centre_term[static_cast<Index>(l)] = penalty.l2 * penalty.centre[l];
  for (Index i = 0; i < count; ++i) {
    auto row = w.row(i).array();
    d = denominator.row(denominator.rows() == 1 ? 0 : i).array() + penalty.l1 +
        penalty.l2 * row;
    for (Index j = 0; j < d.size(); ++j)
      if (d[j] == 0) d[j] = min_denominator<T>;
    // A quotient may overflow: w·∞ would be NaN for w = 0.
    d = ((numerator.row(i).array() + centre_term) / d)
            .min(std::numeric_limits<T>::max());
    if (gamma != 1)  // d^γ = d·d^(γ−1), so 0^γ = 0
      d *= ((gamma - 1) * d.max(std::numeric_limits<T>::min()).log()).exp();
    row *= d;
    for (Index j = 0; j < row.size(); ++j)  // denormal numbers are slow
      if (row[j] < std::numeric_limits<T>::min()) row[j] = 0;
  }
}

/// The same update for all rows of a factor.
template <typename T>
void multiply_rows(MatrixView<T> w, const ConstMatrixView<T>& numerator,
                   const ConstMatrixView<T>& denominator, Penalty<T> penalty,
                   const Divergence<T>& divergence, int n_threads) {
  const Index k = w.cols();
  const Chunks chunks = Chunks::with_max_rows(w.rows(), 8 * block_rows);
  parallel_for(chunks.count, useful_threads(16 * w.size(), n_threads), [&](Index c) {
    RowMatrix<T> rows(block_rows, k), numerator_rows(block_rows, k),
        denominator_rows = denominator.topRows(std::min<Index>(1, denominator.rows()));
    for_each_tile(chunks.begin(c), chunks.end(c), block_rows,
                  [&](Index first, Index count) {
                    rows.topRows(count) = w.middleRows(first, count);
                    numerator_rows.topRows(count) = numerator.middleRows(first, count);
                    if (denominator.rows() > 1)
                      denominator_rows = denominator.middleRows(first, count);
                    multiply(rows, numerator_rows, denominator_rows, count, penalty,
                             divergence.gamma());
                    store_rows(rows, first, count, w);
                  });
  });
}

}  // namespace latentia::nmf
