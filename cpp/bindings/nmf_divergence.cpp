#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers come first.
#include "../kernels/nmf/filled.hpp"
#include "../kernels/nmf/stored.hpp"

namespace latentia::bindings {
namespace {

using nmf::Divergence;
using nmf::Penalty;
using nmf::Workspace;

template <typename T>
Divergence<T> divergence_of(double beta, double floor) {
  require(floor > 0, "floor", "must be positive");
  return {static_cast<T>(beta), static_cast<T>(floor)};
}

/// Whether a look at the stored entries is enough.
template <typename T>
bool stored_only(const Dense<T>&, double, bool known_only) {
  require(!known_only, "known_only", "is for sparse A");
  return false;
}
template <typename T, typename I>
bool stored_only(const Csr<T, I>&, double beta, bool known_only) {
  return known_only || beta == 1;
}

template <typename Matrix, typename T = Scalar<Matrix>>
py::tuple divergence_pass(const Matrix& a, Array<T> w, const Dense<T>& ht, double beta,
                          double floor, bool known_only, double l1, double l2,
                          const std::optional<Array<T>>& centre,
                          std::optional<Array<T>> numerator,
                          std::optional<Array<T>> denominator, Workspace<T>& workspace,
                          int n_threads) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "has no columns");
  auto w_view = narrow_out(w, a.rows, k, "W");
  const auto ht_view = narrow(ht, a.cols, "Ht");
  const auto divergence = divergence_of<T>(beta, floor);
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2),
                           line(centre, k, "centre")};
  const bool slopes = known_only || !divergence.unit_slope();
  require(denominator.has_value() == (numerator.has_value() && slopes), "denominator",
          "is wanted if and only if the numerator is and slopes differ");
  std::optional<NarrowOut<T>> up, down;
  if (numerator) up.emplace(narrow_out(*numerator, a.cols, k, "numerator"));
  if (denominator) down.emplace(narrow_out(*denominator, a.cols, k, "denominator"));
  const bool stored = stored_only(a, beta, known_only);
  nmf::DivergenceSums sums;
  {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    NarrowOut<T>* to_up = up ? &*up : nullptr;
    NarrowOut<T>* to_down = down ? &*down : nullptr;
    if constexpr (!std::is_same_v<Matrix, Dense<T>>)
      if (stored)
        sums = nmf::stored_pass<T>(a, known_only, w_view, ht_view, divergence, penalty,
                                   to_up, to_down, workspace, n_threads);
    if (!stored)
      sums = nmf::filled_pass<T>(a, w_view, ht_view, divergence, penalty, to_up,
                                 to_down, workspace, n_threads);
  }
  Array<double> of_factor(k);
  Eigen::Map<Eigen::ArrayXd>(of_factor.mutable_data(), k) = sums.of_factor.head(k);
  return py::make_tuple(sums.value, of_factor);
}

template <typename Matrix, typename T = Scalar<Matrix>>
double divergence(const Matrix& a, const Dense<T>& w, const Dense<T>& ht, double beta,
                  double floor, bool known_only, int n_threads) {
  require(w.cols >= 1 && w.cols == ht.cols, "W", "has the wrong number of columns");
  const auto w_view = narrow(w, a.rows, "W"), ht_view = narrow(ht, a.cols, "Ht");
  const auto measure = divergence_of<T>(beta, floor);
  const bool stored = stored_only(a, beta, known_only);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  if constexpr (!std::is_same_v<Matrix, Dense<T>>)
    if (stored)
      return nmf::stored_value<T>(a, known_only, w_view, ht_view, measure, n_threads);
  return nmf::filled_value<T>(a, w_view, ht_view, measure, n_threads);
}

template <typename T>
void multiply(Array<T> w, const Dense<T>& numerator, const Dense<T>& denominator,
              double beta, double l1, double l2, int n_threads) {
  const Index k = numerator.cols;
  auto w_view = narrow_out(w, numerator.rows, k, "W");
  const auto up = narrow(numerator, numerator.rows, "numerator");
  require(denominator.cols == k, "denominator", "has the wrong shape");
  const auto down =
      narrow(denominator, denominator.rows == 1 ? 1 : numerator.rows, "denominator");
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2), {}};
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  nmf::multiply_rows<T>(w_view, up, down, penalty,
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
          py::arg("known_only"), py::arg("l1"), py::arg("l2"),
          py::arg("centre").noconvert(), py::arg("numerator").noconvert(),
          py::arg("denominator").noconvert(), py::arg("workspace"),
          py::arg("n_threads"));
    m.def("nmf_divergence", &divergence<Matrix>, py::arg("A"), py::arg("W"),
          py::arg("Ht"), py::arg("beta"), py::arg("floor"), py::arg("known_only"),
          py::arg("n_threads"));
  });
}

}  // namespace latentia::bindings
