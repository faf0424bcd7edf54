#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {
namespace {

using level::AlsHalf;
using level::AlsSolver;

AlsSolver solver_of(const std::string& name) {
  if (name == "cholesky") return AlsSolver::cholesky;
  if (name == "subspace") return AlsSolver::subspace;
  require(name == "cg", "solver", "must be 'cholesky', 'subspace' or 'cg'");
  return AlsSolver::cg;
}

template <typename T>
AlsHalf<T> checked_half(Index rows, Index cols, const Dense<T>& y, const Dense<T>& gram,
                        const Array<T>& ridge, const std::optional<Dense<T>>& prior,
                        const std::string& solver, int n) {
  const Index k = y.cols;
  require(k >= 1, "Y", "must have at least one column");
  require(n >= 1, "n", "must be at least 1");
  require(gram.cols == k, "gram", "has the wrong shape");
  const bool is_diagonal = solver == "cg" && gram.rows == 1;
  AlsHalf<T> half{row_major(y, cols, "Y"),
                  row_major(gram, is_diagonal ? 1 : k, "gram"),
                  vector_span(std::optional<Array<T>>(ridge), rows, "ridge"),
                  std::nullopt,
                  solver_of(solver),
                  n};
  if (prior) {
    require(prior->cols == k, "prior", "has the wrong number of columns");
    half.prior = row_major(*prior, rows, "prior");
  }
  return half;
}

template <typename T, typename I>
double implicit(const Csr<T, I>& a, Array<T> x, const Dense<T>& y, const Dense<T>& gram,
                const Array<T>& ridge, const std::optional<Dense<T>>& prior,
                double extra, const std::string& solver, int n, int n_threads) {
  const AlsHalf<T> half =
      checked_half(a.rows, a.cols, y, gram, ridge, prior, solver, n);
  const auto x_view = row_major(x, a.rows, y.cols, "X");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return level::Als<Csr<T, I>>::implicit(a, x_view, half, static_cast<T>(extra),
                                         n_threads);
}

template <typename T, typename I>
double rating(const Csr<T, I>& a, Array<T> x, const Dense<T>& y, const Dense<T>& gram,
              const Array<T>& ridge, const std::optional<Dense<T>>& prior,
              const Array<T>& column_bias, const std::string& solver, int n,
              int n_threads) {
  const AlsHalf<T> half =
      checked_half(a.rows, a.cols, y, gram, ridge, prior, solver, n);
  const auto x_view = row_major(x, a.rows, y.cols, "X");
  const auto bias =
      vector_span(std::optional<Array<T>>(column_bias), a.cols, "column_bias");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return level::Als<Csr<T, I>>::rating(a, x_view, half, bias, n_threads);
}

template <typename T>
void rotate(Array<T> x, const Dense<T>& q, int n_threads) {
  require(q.rows == q.cols, "Q", "must be square");
  const auto checked_q = row_major(q, q.rows, "Q");
  require(x.ndim() == 2, "X", "must be a matrix");
  const auto x_view = row_major(x, x.shape(0), q.cols, "X");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::Als<Csr<T, AnyIndex>>::rotate(x_view, checked_q, n_threads);
}

template <typename T, typename I>
void bind_halves(py::module_& m) {
  m.def("als_implicit_half", &implicit<T, I>, py::arg("A"), py::arg("X").noconvert(),
        py::arg("Y"), py::arg("gram"), py::arg("ridge").noconvert(), py::arg("prior"),
        py::arg("extra"), py::arg("solver"), py::arg("n"), py::arg("n_threads"));
  m.def("als_rating_half", &rating<T, I>, py::arg("A"), py::arg("X").noconvert(),
        py::arg("Y"), py::arg("gram"), py::arg("ridge").noconvert(), py::arg("prior"),
        py::arg("column_bias").noconvert(), py::arg("solver"), py::arg("n"),
        py::arg("n_threads"));
  m.def("als_rotate", &rotate<T>, py::arg("X").noconvert(), py::arg("Q"),
        py::arg("n_threads"));
}

}  // namespace

void bind_als(py::module_& m) {
  bind_halves<float, AnyIndex>(m);
  bind_halves<double, AnyIndex>(m);
}

}  // namespace latentia::bindings
