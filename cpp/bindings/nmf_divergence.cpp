#include "bindings.hpp"
#include "nmf.hpp"
// Python's headers must come first.
#include "../kernels/nmf/dense_divergence.hpp"
#include "../kernels/nmf/sparse_divergence.hpp"

namespace latentia::bindings {
namespace {

using nmf::Divergence;
using nmf::Penalty;
using nmf::Workspace;

template <typename T>
Divergence<T> make_divergence(double beta, double floor) {
  require(floor > 0, "floor", "must be positive");
  return {static_cast<T>(beta), static_cast<T>(floor)};
}

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
py::tuple divergence_pass(const Matrix& a, Array<T> w, const Dense<T>& ht, double beta,
                          double floor, bool observed_only, double l1, double l2,
                          const std::optional<Array<T>>& centre,
                          std::optional<Array<T>> numerator,
                          std::optional<Array<T>> denominator, Workspace<T>& workspace,
                          int n_threads, const std::optional<Matrix>& transposed) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "must have at least one column");
  auto w_view = matrix_view(w, a.rows, k, "W");
  const auto ht_view = const_matrix_view(ht, a.cols, "Ht");
  const auto divergence = make_divergence<T>(beta, floor);
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2),
                           vector_span(centre, k, "centre")};
  const bool needs_v = observed_only || !divergence.v_is_one();
  require(denominator.has_value() == (numerator.has_value() && needs_v), "denominator",
          "is wanted if and only if there is a numerator and v is not 1 everywhere");
  std::optional<MatrixView<T>> h_numerator, h_denominator;
  if (numerator) h_numerator.emplace(matrix_view(*numerator, a.cols, k, "numerator"));
  if (denominator)
    h_denominator.emplace(matrix_view(*denominator, a.cols, k, "denominator"));
  const bool stored_only = needs_stored_entries_only(a, beta, observed_only);
  require_transpose(a, transposed);
  require(!transposed || stored_only, "At", "is for stored entries only");
  nmf::DivergenceSums sums;
  {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    MatrixView<T>* h_numerator_ptr = h_numerator ? &*h_numerator : nullptr;
    MatrixView<T>* h_denominator_ptr = h_denominator ? &*h_denominator : nullptr;
    if constexpr (!std::is_same_v<Matrix, Dense<T>>)
      if (stored_only)
        sums = nmf::sparse_divergence_pass<T>(a, transposed ? &*transposed : nullptr,
                                              observed_only, w_view, ht_view,
                                              divergence, penalty, h_numerator_ptr,
                                              h_denominator_ptr, workspace, n_threads);
    if (!stored_only)
      sums = nmf::dense_divergence_pass<T>(a, w_view, ht_view, divergence, penalty,
                                           h_numerator_ptr, h_denominator_ptr,
                                           workspace, n_threads);
  }
  Array<double> factor_sum(k);
  Eigen::Map<Eigen::ArrayXd>(factor_sum.mutable_data(), k) = sums.factor_sum.head(k);
  return py::make_tuple(sums.value, factor_sum);
}

template <typename Matrix, typename T = Scalar<Matrix>>
double divergence(const Matrix& a, const Dense<T>& w, const Dense<T>& ht, double beta,
                  double floor, bool observed_only, int n_threads) {
  require(w.cols >= 1 && w.cols == ht.cols, "W", "has the wrong number of columns");
  const auto w_view = const_matrix_view(w, a.rows, "W"),
             ht_view = const_matrix_view(ht, a.cols, "Ht");
  const auto beta_divergence = make_divergence<T>(beta, floor);
  const bool stored_only = needs_stored_entries_only(a, beta, observed_only);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  if constexpr (!std::is_same_v<Matrix, Dense<T>>)
    if (stored_only)
      return nmf::sparse_divergence<T>(a, observed_only, w_view, ht_view,
                                       beta_divergence, n_threads);
  return nmf::dense_divergence<T>(a, w_view, ht_view, beta_divergence, n_threads);
}

template <typename T>
void multiply(Array<T> w, const Dense<T>& numerator, const Dense<T>& denominator,
              double beta, double l1, double l2, int n_threads) {
  const Index k = numerator.cols;
  auto w_view = matrix_view(w, numerator.rows, k, "W");
  const auto h_numerator = const_matrix_view(numerator, numerator.rows, "numerator");
  require(denominator.cols == k, "denominator", "has the wrong shape");
  const auto h_denominator = const_matrix_view(
      denominator, denominator.rows == 1 ? 1 : numerator.rows, "denominator");
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2), {}};
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  nmf::multiply_rows<T>(w_view, h_numerator, h_denominator, penalty,
                        Divergence<T>(static_cast<T>(beta), 1), n_threads);
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
