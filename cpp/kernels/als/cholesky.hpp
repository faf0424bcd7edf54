#pragma once

#include "normal_equations.hpp"

/// The exact solution of every row, by a Cholesky decomposition of its k × k normal
/// equations: O(k²·entries + k³).
namespace latentia::als {

template <typename T, typename Loss>
class Cholesky {
 public:
  Cholesky(const LeastSquares<T, Loss>& problem, Index k)
      : problem_(problem),
        k_(k),
        rows_(gathered_entries, problem.padded_k()),
        h_(problem.padded_k(), problem.padded_k()) {}

  /// Replaces x by the factors of the row; returns f(x).
  double solve_row(Index row, T* x) {
    const Index k = problem_.padded_k();
    const auto [first, last] = problem_.entries(row);
    const T ridge = problem_.ridge_of(row);
    std::fill(x, x + k, T{0});
    if (problem_.is_trivial(row)) return 0;
    double objective = 0;
    for (Index p = first; p < last; ++p) {
      add_multiple(x, problem_.loss.target(p), problem_.factors(p), k);
      objective += problem_.loss.constant(p);
    }
    if (const T* prior = problem_.prior_of(row)) {
      add_multiple(x, ridge, prior, k);
      objective +=
          static_cast<double>(ridge) * static_cast<double>(dot(prior, prior, k));
    }
    right_.assign(x, x + k);
    const T extra = solve_in_place(h_, k_, x, [&, begin = first, end = last](T added) {
      h_ = problem_.gram;
      h_.diagonal().array() += ridge + added;
      add_outer_products(problem_, begin, end, 0, k, rows_, h_);
    });
    // f = Σc − 2bᵀx + xᵀHx, and Hx = b − extra·x.
    return objective - static_cast<double>(dot(right_.data(), x, k)) -
           static_cast<double>(extra) * static_cast<double>(dot(x, x, k));
  }

 private:
  const LeastSquares<T, Loss>& problem_;
  Index k_;
  RowMatrix<T> rows_, h_;
  std::vector<T> right_;
};

}  // namespace latentia::als
