#pragma once

#include "../skinny/product.hpp"
#include "least_squares.hpp"

/// A few steps of conjugate gradients for every row, from its current factors
/// (Takács, Pilászy and Tikk, "Applications of the conjugate gradient method for
/// implicit feedback collaborative filtering", RecSys 2011). A step costs
/// O(k² + k·entries) and forms no k × k matrix. The products with G are computed for a
/// tile of rows together.
namespace latentia::als {

template <typename T, typename Loss>
class ConjugateGradient {
 public:
  /// Rows that share a product with G: twice the rows of a register block.
  static constexpr Index tile_rows = 24;

  ConjugateGradient(const LeastSquares<T, Loss>& problem, int n_steps)
      : problem_(problem),
        n_steps_(n_steps),
        gram_product_(tile_rows, problem.padded_k()),
        residual_(tile_rows, problem.padded_k()),
        direction_(tile_rows, problem.padded_k()),
        squared_(static_cast<std::size_t>(tile_rows)),
        least_(static_cast<std::size_t>(tile_rows)),
        scale_(static_cast<std::size_t>(tile_rows)),
        length_(static_cast<std::size_t>(tile_rows)),
        steepest_(static_cast<std::size_t>(tile_rows)) {}

  /// Improves the rows [begin, begin + count), given in x; returns Σ f(x).
  double solve(Index begin, Index count, RowMatrix<T>& x) {
    multiply_by_gram(x, count);
    double objective = 0;
    for (Index i = 0; i < count; ++i) objective += start(begin + i, i, x.row(i).data());
    for (int step = 0; step < n_steps_; ++step) {
      multiply_by_gram(direction_, count);
      bool is_done = true;
      for (Index i = 0; i < count; ++i)
        if (squared_[static_cast<std::size_t>(i)] >
            least_[static_cast<std::size_t>(i)]) {
          objective -= improve(begin + i, i, x.row(i).data());
          is_done = false;
        }
      if (is_done) break;
    }
    return objective;
  }

 private:
  void multiply_by_gram(const RowMatrix<T>& rows, Index count) {
    const Index k = problem_.padded_k();
    gram_product_.topRows(count).setZero();
    const Dense<T> l{rows.data(), count, k, k, 1};
    skinny::multiply_add<T>(l, k, problem_.gram.data(), k, gram_product_.data(), k,
                            {rows.data(), k});
  }

  /// r = Σ (t − w·yᵀx) y − Gx − λ(x − x₀), and f(x).
  double start(Index row, Index i, T* x) {
    const Index k = problem_.padded_k();
    const T ridge = problem_.ridge_of(row);
    const auto [first, last] = problem_.entries(row);
    if (problem_.is_trivial(row)) {
      std::fill(x, x + k, T{0});
      direction_.row(i).setZero();
      squared_[static_cast<std::size_t>(i)] = least_[static_cast<std::size_t>(i)] = 0;
      return 0;
    }
    T* r = residual_.row(i).data();
    T* gx = gram_product_.row(i).data();
    add_multiple(gx, ridge, x, k);
    double objective = static_cast<double>(dot(gx, x, k));
    for (Index j = 0; j < k; ++j) r[j] = -gx[j];
    if (const T* prior = problem_.prior_of(row)) {
      add_multiple(r, ridge, prior, k);
      objective += static_cast<double>(ridge) *
                   static_cast<double>(dot(prior, prior, k) - 2 * dot(prior, x, k));
    }
    gather_and_scatter(problem_, first, last, x, r, [&](Index p, T s) {
      const T w = problem_.loss.weight(p), t = problem_.loss.target(p);
      objective += problem_.loss.constant(p) +
                   static_cast<double>(s) * static_cast<double>(w * s - 2 * t);
      return t - w * s;
    });
    T& scale = scale_[static_cast<std::size_t>(i)] = 1;
    T squared = dot(r, r, k);
    // Then neither ‖r‖² nor pᵀHp leaves the range of T.
    if (!(squared > T(1e-12) && squared < T(1e12))) {
      scale = take_scale(r);
      squared = dot(r, r, k);
    }
    if (!std::isfinite(squared)) objective = NAN;
    direction_.row(i) = residual_.row(i);
    squared_[static_cast<std::size_t>(i)] = squared;
    length_[static_cast<std::size_t>(i)] = squared;
    steepest_[static_cast<std::size_t>(i)] = 0;
    // Below ε² of the first residual rounding errors are all that is left.
    constexpr T eps = std::numeric_limits<T>::epsilon();
    least_[static_cast<std::size_t>(i)] = squared * eps * eps;
    return objective;
  }

  /// Divides r by a power of two, so that its largest entry is about 1; returns the
  /// power.
  T take_scale(T* r) const {
    const Index k = problem_.padded_k();
    T largest = 0;
    for (Index j = 0; j < k; ++j) largest = std::max(largest, std::abs(r[j]));
    if (!(largest > 0) || !std::isfinite(largest)) return 1;
    const int least = std::numeric_limits<T>::min_exponent;
    const T scale = std::ldexp(T{1}, std::max(std::ilogb(largest), least));
    for (Index j = 0; j < k; ++j) r[j] /= scale;
    return scale;
  }

  /// One step x += αp; returns by how much f falls: α‖r‖². r and p are in units of the
  /// row's scale.
  double improve(Index row, Index i, T* x) {
    const Index k = problem_.padded_k();
    const auto [first, last] = problem_.entries(row);
    T *p = direction_.row(i).data(), *r = residual_.row(i).data(),
      *ap = gram_product_.row(i).data();
    add_multiple(ap, problem_.ridge_of(row), p, k);
    gather_and_scatter(problem_, first, last, p, ap,
                       [&](Index e, T s) { return problem_.loss.weight(e) * s; });
    T &squared = squared_[static_cast<std::size_t>(i)],
      &length = length_[static_cast<std::size_t>(i)],
      &steepest = steepest_[static_cast<std::size_t>(i)];
    const T curvature = dot(p, ap, k);
    if (!std::isfinite(curvature)) return squared = 0, NAN;
    // p is in the null space to working precision: f is minimal.
    constexpr T eps = std::numeric_limits<T>::epsilon();
    if (!(curvature > eps * steepest * length)) return squared = 0;
    steepest = std::max(steepest, curvature / length);
    const T alpha = squared / curvature, scale = scale_[static_cast<std::size_t>(i)];
    add_multiple(x, alpha * scale, p, k);
    add_multiple(r, -alpha, ap, k);
    const T before = squared;
    squared = dot(r, r, k);
    const T beta = squared / before;
    length = squared + beta * beta * length;  // ‖p‖², as r is orthogonal to the old p
    for (Index j = 0; j < k; j += Simd<T>::lanes)
      vector_at(p + j) = vector_at(r + j) + beta * vector_at(p + j);
    return static_cast<double>(alpha) * static_cast<double>(before) *
           static_cast<double>(scale) * static_cast<double>(scale);
  }

  const LeastSquares<T, Loss>& problem_;
  int n_steps_;
  RowMatrix<T> gram_product_, residual_, direction_;
  std::vector<T> squared_, least_, scale_, length_, steepest_;
};

}  // namespace latentia::als
