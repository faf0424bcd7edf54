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
/// negative part of the penalty's gradient, l2·centre, is in the numerator. All
/// matrices are padded to whole vectors.
template <typename T>
void multiply(RowMatrix<T>& w, const RowMatrix<T>& numerator,
              const RowMatrix<T>& denominator, Index count, Penalty<T> penalty,
              T gamma) {
  using Vector = typename Simd<T>::Vector;
  constexpr Index lanes = Simd<T>::lanes;
  const Index k = w.cols();
  Eigen::Array<T, 1, Eigen::Dynamic> factor(k), centre_term(k);
  centre_term.setZero();
  for (std::size_t l = 0; l < penalty.centre.size(); ++l)
    centre_term[static_cast<Index>(l)] = penalty.l2 * penalty.centre[l];
  const Vector minimum = Vector{} + min_denominator<T>,
               largest = Vector{} + std::numeric_limits<T>::max(),
               tiny = Vector{} + std::numeric_limits<T>::min();
  for (Index i = 0; i < count; ++i) {
    T* row = w.data() + i * k;
    const T* n = numerator.data() + i * k;
    const T* d = denominator.data() + (denominator.rows() == 1 ? 0 : i * k);
    for (Index j = 0; j < k; j += lanes) {
      const Vector divisor =
          vector_at(d + j) + penalty.l1 + penalty.l2 * vector_at(row + j);
      const Vector quotient = (vector_at(n + j) + vector_at(centre_term.data() + j)) /
                              (divisor == 0 ? minimum : divisor);
      // A quotient may overflow: w·∞ would be NaN for w = 0.
      vector_at(factor.data() + j) = quotient > largest ? largest : quotient;
    }
    if (gamma != 1)  // d^γ = d·d^(γ−1), so 0^γ = 0
      factor *= ((gamma - 1) * factor.max(std::numeric_limits<T>::min()).log()).exp();
    for (Index j = 0; j < k; j += lanes) {  // denormal numbers are slow
      const Vector updated = vector_at(row + j) * vector_at(factor.data() + j);
      vector_at(row + j) = updated < tiny ? Vector{} : updated;
    }
  }
}

/// The same update for all rows of a factor.
template <typename T>
void multiply_rows(MatrixView<T> w, const ConstMatrixView<T>& numerator,
                   const ConstMatrixView<T>& denominator, Penalty<T> penalty,
                   const Divergence<T>& divergence, int n_threads) {
  const Index k = padded<T>(w.cols());
  const Chunks chunks = Chunks::with_max_rows(w.rows(), 8 * block_rows);
  const auto load = [&](const ConstMatrixView<T>& from, Index first, Index count,
                        RowMatrix<T>& to) {
    copy_rows<T>(from.data() + first * from.outerStride(), from.outerStride(), count,
                 from.cols(), to.data(), k);
  };
  parallel_for(chunks.count, useful_threads(16 * w.size(), n_threads), [&](Index c) {
    RowMatrix<T> rows = RowMatrix<T>::Zero(block_rows, k), numerator_rows = rows,
                 denominator_rows =
                     RowMatrix<T>::Zero(denominator.rows() == 1 ? 1 : block_rows, k);
    if (denominator.rows() == 1) load(denominator, 0, 1, denominator_rows);
    for_each_tile(chunks.begin(c), chunks.end(c), block_rows,
                  [&](Index first, Index count) {
                    load_rows(w, first, count, rows);
                    load(numerator, first, count, numerator_rows);
                    if (denominator.rows() > 1)
                      load(denominator, first, count, denominator_rows);
                    multiply(rows, numerator_rows, denominator_rows, count, penalty,
                             divergence.gamma());
                    store_rows(rows, first, count, w);
                  });
  });
}

}  // namespace latentia::nmf
