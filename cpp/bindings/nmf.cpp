#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/nmf/frobenius.hpp"
#include "../kernels/nmf/observed_hals.hpp"

namespace latentia::bindings {
namespace {

using nmf::CoordinateOrder;
using nmf::FactorSums;
using nmf::Penalty;
using nmf::Workspace;
using OptionalOrder = std::optional<Array<Index>>;

template <typename T>
Penalty<T> penalty_of(double l1, double l2) {
  return {static_cast<T>(l1), static_cast<T>(l2), {}};
}

/// The order in which coordinates are updated: different numbers of 0 … k − 1.
CoordinateOrder checked_order(const OptionalOrder& order, Index k) {
  if (!order) return {};
  require(
      order->ndim() == 1 && order->size() <= k && (order->flags() & py::array::c_style),
      "order", "has the wrong shape");
  std::vector<bool> seen(static_cast<std::size_t>(k));
  for (Index i = 0; i < order->size(); ++i) {
    const Index l = order->data()[i];
    require(0 <= l && l < k && !seen[static_cast<std::size_t>(l)], "order",
            "must be different numbers of 0 to k - 1");
    seen[static_cast<std::size_t>(l)] = true;
  }
  return {order->data(), order->size()};
}

/// Calls call(update rule) for the name of a solver.
template <typename T, typename Call>
FactorSums with_rule(const std::string& solver, const ConstMatrixView<T>& gram,
                     Penalty<T> penalty, int sweeps, CoordinateOrder order,
                     Call&& call) {
  if (solver == "mu") return call(nmf::Multiplicative<T>(gram, penalty));
  require(solver == "hals", "solver", "must be 'mu' or 'hals'");
  require(sweeps >= 1, "sweeps", "must be at least 1");
  return call(nmf::Hals<T>(gram, penalty, sweeps, order));
}

/// The tuple (FᵀF (k × k), ⟨F, P⟩).
py::tuple to_python(const FactorSums& sums, Index k) {
  Array<double> gram({k, k});
  matrix_view(gram, k, k, "gram") = sums.gram.topLeftCorner(k, k);
  return py::make_tuple(gram, sums.cross_term);
}

template <typename Matrix, typename T = Scalar<Matrix>>
py::tuple frobenius_pass(const Matrix& a, Array<T> w, const Dense<T>& ht,
                         const Dense<T>& gram, const std::string& solver, double l1,
                         double l2, int sweeps, const OptionalOrder& order,
                         Array<T> at_w, Workspace<T>& workspace, int n_threads) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "must have at least one column");
  auto w_view = matrix_view(w, a.rows, k, "W");
  const auto ht_view = const_matrix_view(ht, a.cols, "Ht");
  require(gram.cols == k, "gram", "has the wrong shape");
  const auto gram_view = const_matrix_view(gram, k, "gram");
  const auto at_w_view = matrix_view(at_w, a.cols, k, "AtW");
  const CoordinateOrder coordinate_order = checked_order(order, k);
  FactorSums sums;
  {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    sums =
        with_rule<T>(solver, gram_view, penalty_of<T>(l1, l2), sweeps, coordinate_order,
                     [&](const auto& rule) {
                       return nmf::frobenius_pass<T>(a, w_view, ht_view, rule,
                                                     at_w_view, workspace, n_threads);
                     });
  }
  return to_python(sums, k);
}

template <typename T>
py::tuple update(Array<T> w, const Dense<T>& p, const Dense<T>& gram,
                 const std::string& solver, double l1, double l2, int sweeps,
                 const OptionalOrder& order, int n_threads) {
  const Index k = p.cols;
  require(k >= 1, "P", "must have at least one column");
  auto w_view = matrix_view(w, p.rows, k, "W");
  const auto p_view = const_matrix_view(p, p.rows, "P");
  require(gram.cols == k, "gram", "has the wrong shape");
  const auto gram_view = const_matrix_view(gram, k, "gram");
  const CoordinateOrder coordinate_order = checked_order(order, k);
  FactorSums sums;
  {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    sums = with_rule<T>(solver, gram_view, penalty_of<T>(l1, l2), sweeps,
                        coordinate_order, [&](const auto& rule) {
                          return nmf::update<T>(w_view, p_view, rule, n_threads);
                        });
  }
  return to_python(sums, k);
}

template <typename Matrix, typename T = Scalar<Matrix>>
double observed_hals_pass(const Matrix& a, Array<T> w, const Dense<T>& ht, double l1,
                          double l2, const std::optional<Array<T>>& centre, int sweeps,
                          const OptionalOrder& order, Workspace<T>& workspace,
                          int n_threads) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "must have at least one column");
  require(sweeps >= 1, "sweeps", "must be at least 1");
  auto w_view = matrix_view(w, a.rows, k, "W");
  const auto ht_view = const_matrix_view(ht, a.cols, "Ht");
  const CoordinateOrder coordinate_order = checked_order(order, k);
  Penalty<T> penalty = penalty_of<T>(l1, l2);
  penalty.centre = vector_span(centre, k, "centre");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return nmf::observed_hals_pass<T>(a, w_view, ht_view, penalty, sweeps,
                                    coordinate_order, workspace, n_threads);
}

template <typename T>
void bind(py::module_& m, const char* workspace) {
  py::class_<Workspace<T>>(m, workspace, py::module_local()).def(py::init<>());
  m.def("nmf_update", &update<T>, py::arg("W").noconvert(), py::arg("P"),
        py::arg("gram"), py::arg("solver"), py::arg("l1"), py::arg("l2"),
        py::arg("sweeps"), py::arg("order").noconvert(), py::arg("n_threads"));
}

template <typename T, typename I>
void bind_sparse(py::module_& m) {
  m.def("nmf_observed_hals_pass", &observed_hals_pass<Csr<T, I>>, py::arg("A"),
        py::arg("W").noconvert(), py::arg("Ht"), py::arg("l1"), py::arg("l2"),
        py::arg("centre").noconvert(), py::arg("sweeps"), py::arg("order").noconvert(),
        py::arg("workspace"), py::arg("n_threads"));
}

}  // namespace

void bind_nmf(py::module_& m) {
  bind<float>(m, "NmfWorkspaceFloat32");
  bind<double>(m, "NmfWorkspaceFloat64");
  for_each_matrix([&](auto kind) {
    m.def("nmf_frobenius_pass", &frobenius_pass<decltype(kind)>, py::arg("A"),
          py::arg("W").noconvert(), py::arg("Ht"), py::arg("gram"), py::arg("solver"),
          py::arg("l1"), py::arg("l2"), py::arg("sweeps"), py::arg("order").noconvert(),
          py::arg("AtW").noconvert(), py::arg("workspace"), py::arg("n_threads"));
  });
  bind_sparse<float, std::int32_t>(m);
  bind_sparse<double, std::int32_t>(m);
  bind_sparse<float, std::int64_t>(m);
  bind_sparse<double, std::int64_t>(m);
}

}  // namespace latentia::bindings
