#pragma once

#include "../skinny/product.hpp"
#include "least_squares.hpp"

/// A few steps of conjugate gradients for every row, from its current factors
/// (Takács, Pilászy and Tikk, "Applications of the conjugate gradient method for
/// implicit feedback collaborative filtering", RecSys 2011). They are preconditioned by
/// P = diag(G) + λI.
///
/// If G is diagonal, a step costs O(k·entries). With weights w ≤ w₁ of the entries,
/// G = α₀YᵀY and S = Σ w y yᵀ ≤ (w₁/α₀)·G, so the eigenvalues of P⁻¹(G + λI + S) are
/// between 1 and 1 + w₁/α₀: few steps nearly solve the equations. Any other G costs
/// O(k²) a step as well, for a tile of rows together.
namespace latentia::als {

template <typename T, typename Loss>
class ConjugateGradient {
 public:
  ConjugateGradient(const LeastSquares<T, Loss>& problem, int n_steps)
      : problem_(problem),
        n_steps_(n_steps),
        diagonal_(problem.padded_k()),
        gram_product_(tile_rows(), problem.padded_k()),
        residual_(tile_rows(), problem.padded_k()),
        direction_(tile_rows(), problem.padded_k()),
        rows_(static_cast<std::size_t>(tile_rows())) {
    const RowMatrix<T>& g = problem.gram;
    for (Index j = 0; j < diagonal_.size(); ++j)
      diagonal_[j] = g(problem.gram_is_diagonal() ? 0 : j, j);
    // Smaller eigenvalues of G are rounding errors, which are not to be divided by.
    const T k = static_cast<T>(diagonal_.size());
    largest_ = diagonal_.maxCoeff();
    diagonal_ = diagonal_.max(k * std::numeric_limits<T>::epsilon() * largest_);
  }

  /// One row, whose factors stay in the cache from step to step, or as many as share a
  /// product with G: twice the rows of a register block.
  Index tile_rows() const { return problem_.gram_is_diagonal() ? 1 : 24; }

  /// Improves the rows [begin, begin + count), given in x; returns Σ f(x).
  double solve(Index begin, Index count, RowMatrix<T>& x) {
    multiply_by_gram(x, count);
    double objective = 0;
    for (Index i = 0; i < count; ++i) objective += start(begin + i, i, x.row(i).data());
    for (int step = 1; step <= n_steps_; ++step) {
      multiply_by_gram(direction_, count);
      bool is_done = true;
      for (Index i = 0; i < count; ++i)
        if (row(i).squared > row(i).least) {
          objective -= improve(begin + i, i, x.row(i).data(), step == n_steps_);
          is_done = false;
        }
      if (is_done) break;
    }
    return objective;
  }

 private:
  /// In units of `scale`, with r the residual, z = P⁻¹r and p the direction.
  struct Row {
    T squared;   // rᵀz
    T least;     // what is left of it if rounding errors are all that is left
    T length;    // pᵀPp
    T steepest;  // the largest pᵀHp / pᵀPp so far
    T scale;
  };
  Row& row(Index i) { return rows_[static_cast<std::size_t>(i)]; }

  void multiply_by_gram(const RowMatrix<T>& rows, Index count) {
    const Index k = problem_.padded_k();
    if (problem_.gram_is_diagonal()) {
      for (Index i = 0; i < count; ++i)
        gram_product_.row(i) = rows.row(i).cwiseProduct(problem_.gram);
      return;
    }
    gram_product_.topRows(count).setZero();
    const Dense<T> l{rows.data(), count, k, k, 1};
    skinny::multiply_add<T>(l, k, problem_.gram.data(), k, gram_product_.data(), k,
                            {rows.data(), k});
  }

  /// Calls visit(j, z_j) for vectors of z = P⁻¹r, where the largest entry of P is 1;
  /// returns rᵀz.
  template <typename Visit>
  T precondition(T ridge, const T* r, Visit&& visit) const {
    const T largest = largest_ + ridge, numerator = largest > 0 ? largest : T{1};
    // Without G and λ, P is I.
    const T added = largest > 0 ? ridge : T{1};
    typename Simd<T>::Vector sum = {};
    for (Index j = 0; j < diagonal_.size(); j += Simd<T>::lanes) {
      const auto z =
          vector_at(r + j) * (numerator / (vector_at(diagonal_.data() + j) + added));
      sum += z * vector_at(r + j);
      visit(j, z);
    }
    return skinny::horizontal_sum<Simd<T>::lanes>(sum);
  }

  /// r = Σ (t − w·yᵀx) y − Gx − λ(x − x₀), and f(x).
  double start(Index row, Index i, T* x) {
    const Index k = problem_.padded_k();
    const T ridge = problem_.ridge_of(row);
    const auto [first, last] = problem_.entries(row);
    if (problem_.is_trivial(row)) {
      std::fill(x, x + k, T{0});
      direction_.row(i).setZero();
      this->row(i).squared = this->row(i).least = 0;
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
    T* p = direction_.row(i).data();
    const auto keep = [p](Index j, const auto& z) { vector_at(p + j) = z; };
    Row& state = this->row(i);
    state.scale = 1;
    state.squared = precondition(ridge, r, keep);
    // Then neither rᵀz nor pᵀHp leaves the range of T.
    if (!(state.squared > T(1e-12) && state.squared < T(1e12))) {
      state.scale = take_scale(r);
      state.squared = precondition(ridge, r, keep);
    }
    if (!std::isfinite(state.squared)) objective = NAN;
    state.length = state.squared;
    state.steepest = 0;
    constexpr T eps = std::numeric_limits<T>::epsilon();
    state.least = state.squared * eps * eps;
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

  /// One step x += αp; returns by how much f falls: α·rᵀz. After the last one neither
  /// r nor p is needed.
  double improve(Index row, Index i, T* x, bool is_last) {
    const Index k = problem_.padded_k();
    const auto [first, last] = problem_.entries(row);
    const T ridge = problem_.ridge_of(row);
    T *p = direction_.row(i).data(), *r = residual_.row(i).data(),
      *ap = gram_product_.row(i).data();
    add_multiple(ap, ridge, p, k);
    T curvature = 0;
    const auto weighted = [&](Index e, T s) { return problem_.loss.weight(e) * s; };
    if (is_last) {
      curvature = dot(p, ap, k);
      gather(problem_, first, last, p,
             [&](Index e, T s) { curvature += weighted(e, s) * s; });
    } else {
      gather_and_scatter(problem_, first, last, p, ap, weighted);
      curvature = dot(p, ap, k);
    }
    Row& state = this->row(i);
    if (!std::isfinite(curvature)) return state.squared = 0, NAN;
    // p is in the null space to working precision: f is minimal.
    constexpr T eps = std::numeric_limits<T>::epsilon();
    if (!(curvature > eps * state.steepest * state.length)) return state.squared = 0;
    state.steepest = std::max(state.steepest, curvature / state.length);
    const T alpha = state.squared / curvature, before = state.squared;
    add_multiple(x, alpha * state.scale, p, k);
    if (!is_last) {
      add_multiple(r, -alpha, ap, k);
      T* z = ap;
      state.squared = precondition(
          ridge, r, [z](Index j, const auto& value) { vector_at(z + j) = value; });
      const T beta = state.squared / before;
      // As zᵀPp = rᵀp = 0 for the old p
      state.length = state.squared + beta * beta * state.length;
      for (Index j = 0; j < k; j += Simd<T>::lanes)
        vector_at(p + j) = vector_at(z + j) + beta * vector_at(p + j);
    }
    const auto scale = static_cast<double>(state.scale);
    return static_cast<double>(alpha) * static_cast<double>(before) * scale * scale;
  }

  const LeastSquares<T, Loss>& problem_;
  int n_steps_;
  Eigen::Array<T, Eigen::Dynamic, 1> diagonal_;
  T largest_;
  RowMatrix<T> gram_product_, residual_, direction_;
  std::vector<Row> rows_;
};

}  // namespace latentia::als
