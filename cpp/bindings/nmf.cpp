#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers come first.
#include "../kernels/nmf/frobenius.hpp"
#include "../kernels/nmf/known_coordinate.hpp"
#include "../kernels/nmf/recommend.hpp"

namespace latentia::bindings {
namespace {

using nmf::FactorSums;
using nmf::Order;
using nmf::Penalty;
using nmf::Workspace;
using Turns = std::optional<Array<Index>>;

template <typename T>
Penalty<T> penalty_of(double l1, double l2) {
  return {static_cast<T>(l1), static_cast<T>(l2), {}};
}

/// The order in which coordinates take turns: some of 0 … k − 1, each once.
Order order_of(const Turns& order, Index k) {
  if (!order) return {};
  require(
      order->ndim() == 1 && order->size() <= k && (order->flags() & py::array::c_style),
      "order", "has the wrong shape");
  std::vector<bool> seen(static_cast<std::size_t>(k));
  for (Index i = 0; i < order->size(); ++i) {
    const Index l = order->data()[i];
    require(0 <= l && l < k && !seen[static_cast<std::size_t>(l)], "order",
            "is not a permutation");
    seen[static_cast<std::size_t>(l)] = true;
  }
  return {order->data(), order->size()};
}

/// call(rule) for the name of a solver.
template <typename T, typename Call>
FactorSums with_rule(const std::string& solver, const Narrow<T>& gram,
                     Penalty<T> penalty, int sweeps, Order order, Call&& call) {
  if (solver == "mu") return call(nmf::Multiplicative<T>(gram, penalty));
  require(solver == "hals", "solver", "is unknown");
  require(sweeps >= 1, "sweeps", "must be at least 1");
  return call(nmf::Coordinate<T>(gram, penalty, sweeps, order));
}

/// (FᵀF (k × k), ⟨F, P⟩)
py::tuple to_python(const FactorSums& sums, Index k) {
  Array<double> gram({k, k});
  narrow_out(gram, k, k, "gram") = sums.gram.topLeftCorner(k, k);
  return py::make_tuple(gram, sums.cross);
}

template <typename Matrix, typename T = Scalar<Matrix>>
py::tuple frobenius_pass(const Matrix& a, Array<T> w, const Dense<T>& ht,
                         const Dense<T>& gram, const std::string& solver, double l1,
                         double l2, int sweeps, const Turns& order, Array<T> adjoint,
                         Workspace<T>& workspace, int n_threads) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "has no columns");
  auto w_view = narrow_out(w, a.rows, k, "W");
  const auto ht_view = narrow(ht, a.cols, "Ht");
  require(gram.cols == k, "gram", "has the wrong shape");
  const auto gram_view = narrow(gram, k, "gram");
  const auto adjoint_view = narrow_out(adjoint, a.cols, k, "AtW");
  const Order turns = order_of(order, k);
  FactorSums sums;
  {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    sums = with_rule<T>(
        solver, gram_view, penalty_of<T>(l1, l2), sweeps, turns, [&](const auto& rule) {
          return nmf::frobenius_pass<T>(a, w_view, ht_view, rule, adjoint_view,
                                        workspace, n_threads);
        });
  }
  return to_python(sums, k);
}

template <typename T>
py::tuple update(Array<T> w, const Dense<T>& p, const Dense<T>& gram,
                 const std::string& solver, double l1, double l2, int sweeps,
                 const Turns& order, int n_threads) {
  const Index k = p.cols;
  require(k >= 1, "P", "has no columns");
  auto w_view = narrow_out(w, p.rows, k, "W");
  const auto p_view = narrow(p, p.rows, "P");
  require(gram.cols == k, "gram", "has the wrong shape");
  const auto gram_view = narrow(gram, k, "gram");
  const Order turns = order_of(order, k);
  FactorSums sums;
  {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    sums = with_rule<T>(solver, gram_view, penalty_of<T>(l1, l2), sweeps, turns,
                        [&](const auto& rule) {
                          return nmf::update<T>(w_view, p_view, rule, n_threads);
                        });
  }
  return to_python(sums, k);
}

template <typename Matrix, typename T = Scalar<Matrix>>
double known_coordinate_pass(const Matrix& a, Array<T> w, const Dense<T>& ht, double l1,
                             double l2, const std::optional<Array<T>>& centre,
                             int sweeps, const Turns& order, Workspace<T>& workspace,
                             int n_threads) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "has no columns");
  require(sweeps >= 1, "sweeps", "must be at least 1");
  auto w_view = narrow_out(w, a.rows, k, "W");
  const auto ht_view = narrow(ht, a.cols, "Ht");
  const Order turns = order_of(order, k);
  Penalty<T> penalty = penalty_of<T>(l1, l2);
  penalty.centre = line(centre, k, "centre");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return nmf::known_coordinate_pass<T>(a, w_view, ht_view, penalty, sweeps, turns,
                                       workspace, n_threads);
}

template <typename T, typename I>
void recommend(const Dense<T>& w, const Dense<T>& ht,
               const std::optional<Csr<T, I>>& exclude, Array<std::int64_t> items,
               Array<T> scores, int n_threads) {
  require(w.cols >= 1 && w.cols == ht.cols, "W", "has the wrong number of columns");
  const auto w_view = narrow(w, w.rows, "W"), ht_view = narrow(ht, ht.rows, "Ht");
  if (exclude)
    require(exclude->rows == w.rows && exclude->cols == ht.rows, "exclude",
            "has the wrong shape");
  require(items.ndim() == 2 && items.shape(1) >= 1, "items", "has the wrong shape");
  auto items_view = narrow_out(items, w.rows, items.shape(1), "items");
  auto scores_view = narrow_out(scores, w.rows, items.shape(1), "scores");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  nmf::recommend<T, I>(w_view, ht_view, exclude ? &*exclude : nullptr, items_view,
                       scores_view, n_threads);
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
  m.def("nmf_known_coordinate_pass", &known_coordinate_pass<Csr<T, I>>, py::arg("A"),
        py::arg("W").noconvert(), py::arg("Ht"), py::arg("l1"), py::arg("l2"),
        py::arg("centre").noconvert(), py::arg("sweeps"), py::arg("order").noconvert(),
        py::arg("workspace"), py::arg("n_threads"));
  m.def("nmf_recommend", &recommend<T, I>, py::arg("W"), py::arg("Ht"),
        py::arg("exclude"), py::arg("items").noconvert(), py::arg("scores").noconvert(),
        py::arg("n_threads"));
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
