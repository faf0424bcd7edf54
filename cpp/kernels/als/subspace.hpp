#pragma once

#include <tuple>

#include "normal_equations.hpp"

/// One sweep over blocks of coordinates: each block is solved exactly while the others
/// stay (iALS++: Rendle, Krichene, Zhang and Koren, "iALS++: speeding up matrix
/// factorization with subspace optimization", arXiv 2110.14044). A sweep costs
/// O(entries·k·b + k² + k·b²) for blocks of b coordinates.
namespace latentia::als {

template <typename T, typename Loss>
class Subspace {
 public:
  /// `block` is rounded up to whole vectors.
  Subspace(const LeastSquares<T, Loss>& problem, Index k, Index block)
      : problem_(problem),
        k_(k),
        block_(std::min(padded<T>(block), problem.padded_k())),
        gram_product_(static_cast<std::size_t>(problem.padded_k())),
        step_(static_cast<std::size_t>(block_)) {}

  /// Improves the factors x of the row; returns f(x).
  double solve_row(Index row, T* x) {
    const Index k = problem_.padded_k();
    std::tie(first_, last_) = problem_.entries(row);
    if (problem_.is_trivial(row)) {
      std::fill(x, x + k, T{0});
      return 0;
    }
    ridge_ = problem_.ridge_of(row);
    prior_ = problem_.prior_of(row);
    prediction_.resize(static_cast<std::size_t>(last_ - first_));
    for (Index p = first_; p < last_; ++p) s(p) = dot(problem_.factors(p), x, k);
    std::fill(gram_product_.begin(), gram_product_.end(), T{0});
    for (Index j = 0; j < k; ++j)
      if (x[j] != 0)
        add_multiple(gram_product_.data(), x[j], problem_.gram.data() + j * k, k);

    for (Index j = 0; j < k; j += block_) improve(j, std::min(block_, k - j), x);

    double objective = static_cast<double>(dot(gram_product_.data(), x, k)) +
                       static_cast<double>(ridge_) * static_cast<double>(dot(x, x, k));
    if (prior_)
      objective += static_cast<double>(ridge_) *
                   static_cast<double>(dot(prior_, prior_, k) - 2 * dot(prior_, x, k));
    for (Index p = first_; p < last_; ++p) {
      const T w = problem_.loss.weight(p), t = problem_.loss.target(p);
      objective += problem_.loss.constant(p) +
                   static_cast<double>(s(p)) * static_cast<double>(w * s(p) - 2 * t);
    }
    return objective;
  }

 private:
  /// x_B += H⁻¹(−∇f/2) for the block B = [first, first + size).
  void improve(Index first, Index size, T* x) {
    const Index k = problem_.padded_k();
    rows_.resize(gathered_entries, size);
    std::fill(step_.begin(), step_.end(), T{0});
    for (Index p = first_; p < last_; ++p)
      add_multiple(step_.data(),
                   problem_.loss.target(p) - problem_.loss.weight(p) * s(p),
                   problem_.factors(p) + first, size);
    for (Index j = 0; j < size; ++j)
      step_[static_cast<std::size_t>(j)] -=
          gram_product_[static_cast<std::size_t>(first + j)] + ridge_ * x[first + j];

    if (prior_) add_multiple(step_.data(), ridge_, prior_ + first, size);

    solve_in_place(h_, std::min(size, k_ - first), step_.data(), [&](T added) {
      h_ = problem_.gram.block(first, first, size, size);
      h_.diagonal().array() += ridge_ + added;
      add_outer_products(problem_, first_, last_, first, size, rows_, h_);
    });
    for (Index j = 0; j < size; ++j) {
      const T step = step_[static_cast<std::size_t>(j)];
      x[first + j] += step;
      add_multiple(gram_product_.data(), step, problem_.gram.data() + (first + j) * k,
                   k);
    }
    for (Index p = first_; p < last_; ++p)
      s(p) += dot(problem_.factors(p) + first, step_.data(), size);
  }

  T& s(Index p) { return prediction_[static_cast<std::size_t>(p - first_)]; }

  const LeastSquares<T, Loss>& problem_;
  Index k_, block_, first_ = 0, last_ = 0;
  T ridge_ = 0;
  const T* prior_ = nullptr;
  std::vector<T> gram_product_, step_, prediction_;
  RowMatrix<T> rows_, h_;
};

}  // namespace latentia::als
