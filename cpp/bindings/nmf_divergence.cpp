#include "bindings.hpp"
#include "nmf.hpp"

namespace latentia::bindings {
namespace {

using level::DivergenceKind;
using level::Divergences;
using nmf::Penalty;

/// Whether a pass needs only the stored entries of A.
template <typename T>
bool needs_stored_entries_only(const Dense<T>&, double, bool observed_only) {
  require(!observed_only, "observed_only", "is for sparse A");
  return false;
}
template <typename T, typename I>
bool needs_stored_entries_only(const Csr<T, I>&, double beta, bool observed_only) {
  return observed_only || beta == 1;
}

template <typename Matrix, typename T = Scalar<Matrix>>
DivergenceKind<T> kind_of(const Matrix& a, double beta, double floor,
                          bool observed_only) {
  require(floor > 0, "floor", "must be positive");
  return {static_cast<T>(beta), static_cast<T>(floor),
          needs_stored_entries_only(a, beta, observed_only), observed_only};
}

template <typename Matrix, typename T = Scalar<Matrix>>
py::tuple divergence_pass(const Matrix& a, Array<T> w, const Dense<T>& ht, double beta,
                          double floor, bool observed_only, double l1, double l2,
                          const std::optional<Array<T>>& centre,
                          std::optional<Array<T>> numerator,
                          std::optional<Array<T>> denominator,
                          NmfWorkspace<T>& workspace, int n_threads,
                          const std::optional<Matrix>& transposed) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "must have at least one column");
  const auto w_view = row_major(w, a.rows, k, "W");
  const auto ht_view = row_major(ht, a.cols, "Ht");
  const DivergenceKind<T> kind = kind_of(a, beta, floor, observed_only);
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2),
                           vector_span(centre, k, "centre")};
  const bool v_is_one = kind.beta == 1, needs_v = observed_only || !v_is_one;
  require(denominator.has_value() == (numerator.has_value() && needs_v), "denominator",
          "is wanted if and only if there is a numerator and v is not 1 everywhere");
  std::optional<RowMajor<T>> h_numerator, h_denominator;
  if (numerator) h_numerator = row_major(*numerator, a.cols, k, "numerator");
  if (denominator) h_denominator = row_major(*denominator, a.cols, k, "denominator");
  require_transpose(a, transposed);
  require(!transposed || kind.stored_only, "At", "is for stored entries only");
  Array<double> factor_sum(k);
  double* factor_sums = factor_sum.mutable_data();
  const double value = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return Divergences<Matrix>::pass(a, transposed ? &*transposed : nullptr, w_view,
                                     ht_view, kind, penalty, h_numerator, h_denominator,
                                     *workspace.memory, factor_sums, n_threads);
  }();
  return py::make_tuple(value, factor_sum);
}

template <typename Matrix, typename T = Scalar<Matrix>>
double divergence(const Matrix& a, const Dense<T>& w, const Dense<T>& ht, double beta,
                  double floor, bool observed_only, int n_threads) {
  require(w.cols >= 1 && w.cols == ht.cols, "W", "has the wrong number of columns");
  const auto w_view = row_major(w, a.rows, "W"), ht_view = row_major(ht, a.cols, "Ht");
  const DivergenceKind<T> kind = kind_of(a, beta, floor, observed_only);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return Divergences<Matrix>::value(a, w_view, ht_view, kind, n_threads);
}

template <typename T>
void multiply(Array<T> w, const Dense<T>& numerator, const Dense<T>& denominator,
              double beta, double l1, double l2, int n_threads) {
  const Index k = numerator.cols;
  const auto w_view = row_major(w, numerator.rows, k, "W");
  const auto h_numerator = row_major(numerator, numerator.rows, "numerator");
  require(denominator.cols == k, "denominator", "has the wrong shape");
  const auto h_denominator =
      row_major(denominator, denominator.rows == 1 ? 1 : numerator.rows, "denominator");
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2), {}};
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::Factors<T>::multiply(w_view, h_numerator, h_denominator, penalty,
                              static_cast<T>(beta), n_threads);
}

template <typename T>
void bind(py::module_& m) {
  m.def("nmf_multiply", &multiply<T>, py::arg("W").noconvert(), py::arg("numerator"),
        py::arg("denominator"), py::arg("beta"), py::arg("l1"), py::arg("l2"),
        py::arg("n_threads"));
}

}  // namespace

void bind_nmf_divergence(py::module_& m) {
  bind<float>(m);
  bind<double>(m);
  for_each_matrix([&](auto kind) {
    using Matrix = decltype(kind);
    m.def("nmf_divergence_pass", &divergence_pass<Matrix>, py::arg("A"),
          py::arg("W").noconvert(), py::arg("Ht"), py::arg("beta"), py::arg("floor"),
          py::arg("observed_only"), py::arg("l1"), py::arg("l2"),
          py::arg("centre").noconvert(), py::arg("numerator").noconvert(),
          py::arg("denominator").noconvert(), py::arg("workspace"),
          py::arg("n_threads"), py::arg("At") = py::none());
    m.def("nmf_divergence", &divergence<Matrix>, py::arg("A"), py::arg("W"),
          py::arg("Ht"), py::arg("beta"), py::arg("floor"), py::arg("observed_only"),
          py::arg("n_threads"));
  });
}

}  // namespace latentia::bindings
