#include "../kernels/als/half_iteration.hpp"

#include "factors.hpp"

namespace latentia::testing {
namespace {

/// Σ over rows of f and the largest residual of their normal equations, from plain
/// loops in float64.
template <typename T, typename Loss>
void is_solved(const Loss& loss, const RowMatrix<T>& x, const RowMatrix<T>& y,
               const RowMatrix<T>& gram, const std::vector<T>& ridge, double objective,
               const std::string& what) {
  using Vector = Eigen::VectorXd;
  double sum = 0, size = 0;
  const double eps = 200 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (Index i = 0; i < x.rows(); ++i) {
    RowMatrix<double> h = gram.template cast<double>();
    h.diagonal().array() += static_cast<double>(ridge[static_cast<std::size_t>(i)]);
    Vector b = Vector::Zero(x.cols());
    double constant = 0;
    for (Index p = loss.a.row_start[i]; p < loss.a.row_start[i + 1]; ++p) {
      const Vector row = y.row(loss.a.column[p]).transpose().template cast<double>();
      h += static_cast<double>(loss.weight(p)) * row * row.transpose();
      b += static_cast<double>(loss.target(p)) * row;
      constant += loss.constant(p);
    }
    const Vector found = x.row(i).transpose().template cast<double>();
    check((h * found - b).norm() <= eps * (h.norm() * (found.norm() + 1) + b.norm()),
          "row " + std::to_string(i) + ": " + what);
    sum += found.dot(h * found) - 2 * b.dot(found) + constant;
    size += h.norm() * (found.squaredNorm() + 1) + std::abs(b.dot(found)) + constant;
  }
  check(std::abs(objective - sum) <= eps * size, "objective: " + what);
}

template <typename T, typename Loss, typename Solver>
RowMatrix<T> solve(const Loss& loss, const RowMatrix<T>& y, const RowMatrix<T>& gram,
                   Solver solver, int n_threads, const std::string& what) {
  const Index m = loss.a.rows, k = y.cols();
  const std::vector<T> ridge(static_cast<std::size_t>(m), T{2});
  FactorSlice<T> x(random_matrix<T>(m, k, 7));
  const double objective = als::half_iteration<T>(
      loss, x.out(), FactorSlice<T>(y).in(), FactorSlice<T>(gram).in(),
      std::span<const T>(ridge), std::nullopt, solver, n_threads);
  if (n_threads == 1) is_solved<T>(loss, x.value(), y, gram, ridge, objective, what);
  return x.value();
}

template <typename T, typename I>
void solvers_agree(Index m, Index n, Index k) {
  const RowMatrix<T> signs = sparse_matrix<T>(m, n, 1);
  const CsrStorage<T, I> ratings(signs), weights(signs.cwiseAbs());
  const RowMatrix<T> y = random_matrix<T>(n, k, 2), none = RowMatrix<T>::Zero(k, k);
  const RowMatrix<T> gram = y.transpose() * y;
  const std::vector<T> bias(static_cast<std::size_t>(n), T(0.25));
  const als::ImplicitLoss<T, AnyIndex> implicit{weights.view, T(0.5)};
  const als::RatingLoss<T, AnyIndex> rating{ratings.view, bias};
  const std::string what =
      std::to_string(m) + " x " + std::to_string(n) + ", k = " + std::to_string(k);
  const auto check_all = [&](auto solver, const std::string& name) {
    for (const int n_threads : {1, 2, 7}) {
      const auto both = [&](int threads) {
        return (FlatResults() << solve<T>(implicit, y, gram, solver, threads,
                                          name + ", implicit, " + what)
                              << solve<T>(rating, y, none, solver, threads,
                                          name + ", rating, " + what))
            .row();
      };
      check(same_bits<double>(both(n_threads), both(1)), name + ", threads: " + what);
    }
  };
  check_all(als::exact, "Cholesky");
  check_all(als::Blocks{static_cast<int>(k)}, "one block");
  check_all(als::Steps{static_cast<int>(3 * k + 20)}, "conjugate gradients");
}

template <typename T, typename I>
void all() {
  for (const Index k : {1, 3, 16, 33, 70}) solvers_agree<T, I>(37, 53, k);
  solvers_agree<T, I>(5, 900, 7);
  solvers_agree<T, I>(3000, 40, 20);
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
}

}  // namespace latentia::testing
