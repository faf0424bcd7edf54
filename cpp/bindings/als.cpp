#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/als/half_iteration.hpp"

namespace latentia::bindings {
namespace {

als::SolverName solver_of(const std::string& name) {
  if (name == "cholesky") return als::SolverName::cholesky;
  if (name == "subspace") return als::SolverName::subspace;
  require(name == "cg", "solver", "must be 'cholesky', 'subspace' or 'cg'");
  return als::SolverName::cg;
}

template <typename T, typename Loss>
double half_iteration(const Loss& loss, Array<T> x, const Dense<T>& y,
                      const Dense<T>& gram, const Array<T>& ridge,
                      const std::optional<Dense<T>>& prior, const std::string& solver,
                      int n, int n_threads) {
  const Index k = y.cols;
  require(k >= 1, "Y", "must have at least one column");
  require(n >= 1, "n", "must be at least 1");
  auto x_view = matrix_view(x, loss.a.rows, k, "X");
  const auto y_view = const_matrix_view(y, loss.a.cols, "Y");
  require(gram.cols == k, "gram", "has the wrong shape");
  const auto gram_view = const_matrix_view(gram, k, "gram");
  const auto ridge_span =
      vector_span(std::optional<Array<T>>(ridge), loss.a.rows, "ridge");
  std::optional<ConstMatrixView<T>> prior_view;
  if (prior) {
    require(prior->cols == k, "prior", "has the wrong number of columns");
    prior_view.emplace(const_matrix_view(*prior, loss.a.rows, "prior"));
  }
  const als::SolverName name = solver_of(solver);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return als::half_iteration<T>(loss, x_view, y_view, gram_view, ridge_span, prior_view,
                                name, n, n_threads);
}

template <typename T, typename I>
double implicit(const Csr<T, I>& a, Array<T> x, const Dense<T>& y, const Dense<T>& gram,
                const Array<T>& ridge, const std::optional<Dense<T>>& prior,
                double extra, const std::string& solver, int n, int n_threads) {
  const als::ImplicitLoss<T, I> loss{a, static_cast<T>(extra)};
  return half_iteration<T>(loss, x, y, gram, ridge, prior, solver, n, n_threads);
}

template <typename T, typename I>
double rating(const Csr<T, I>& a, Array<T> x, const Dense<T>& y, const Dense<T>& gram,
              const Array<T>& ridge, const std::optional<Dense<T>>& prior,
              const Array<T>& column_bias, const std::string& solver, int n,
              int n_threads) {
  const als::RatingLoss<T, I> loss{
      a, vector_span(std::optional<Array<T>>(column_bias), a.cols, "column_bias")};
  return half_iteration<T>(loss, x, y, gram, ridge, prior, solver, n, n_threads);
}

template <typename T, typename I>
void bind(py::module_& m) {
  m.def("als_implicit_half", &implicit<T, I>, py::arg("A"), py::arg("X").noconvert(),
        py::arg("Y"), py::arg("gram"), py::arg("ridge").noconvert(), py::arg("prior"),
        py::arg("extra"), py::arg("solver"), py::arg("n"), py::arg("n_threads"));
  m.def("als_rating_half", &rating<T, I>, py::arg("A"), py::arg("X").noconvert(),
        py::arg("Y"), py::arg("gram"), py::arg("ridge").noconvert(), py::arg("prior"),
        py::arg("column_bias").noconvert(), py::arg("solver"), py::arg("n"),
        py::arg("n_threads"));
}

}  // namespace

void bind_als(py::module_& m) {
  bind<float, std::int32_t>(m);
  bind<double, std::int32_t>(m);
  bind<float, std::int64_t>(m);
  bind<double, std::int64_t>(m);
}

}  // namespace latentia::bindings
