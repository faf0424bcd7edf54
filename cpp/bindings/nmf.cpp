#include "nmf.hpp"

#include "bindings.hpp"
namespace latentia::bindings {
namespace {

using level::UpdateRule;
using nmf::CoordinateOrder;
using nmf::Penalty;
using OptionalOrder = std::optional<Array<Index>>;

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

/// The rule of a solver's name for k components.
template <typename T>
UpdateRule<T> rule_of(const std::string& solver, const Dense<T>& gram, Index k,
                      double l1, double l2, int sweeps, const OptionalOrder& order) {
  require(gram.cols == k, "gram", "has the wrong shape");
  const bool hals = solver == "hals";
  require(hals || solver == "mu", "solver", "must be 'mu' or 'hals'");
  require(!hals || sweeps >= 1, "sweeps", "must be at least 1");
  return {hals, row_major(gram, k, "gram"),
          Penalty<T>{static_cast<T>(l1), static_cast<T>(l2), {}}, sweeps,
          checked_order(order, k)};
}

/// Returns the tuple (FᵀF (k × k), ⟨F, P⟩). `pass` writes the first and returns the
/// second.
template <typename Pass>
py::tuple factor_sums(Index k, Pass&& pass) {
  Array<double> gram({k, k});
  const RowMajor<double> gram_view = row_major(gram, k, k, "gram");
  const double cross_term = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return pass(gram_view);
  }();
  return py::make_tuple(gram, cross_term);
}

template <typename Matrix, typename T = Scalar<Matrix>>
py::tuple frobenius_pass(const Matrix& a, Array<T> w, const Dense<T>& ht,
                         const Dense<T>& gram, const std::string& solver, double l1,
                         double l2, int sweeps, const OptionalOrder& order,
                         Array<T> at_w, NmfWorkspace<T>& workspace, int n_threads,
                         const std::optional<Matrix>& transposed) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "must have at least one column");
  const auto w_view = row_major(w, a.rows, k, "W");
  const auto ht_view = row_major(ht, a.cols, "Ht");
  const auto at_w_view = row_major(at_w, a.cols, k, "AtW");
  const UpdateRule<T> rule = rule_of(solver, gram, k, l1, l2, sweeps, order);
  require_transpose(a, transposed);
  return factor_sums(k, [&](const RowMajor<double>& w_gram) {
    return level::Frobenius<Matrix>::pass(a, transposed ? &*transposed : nullptr,
                                          w_view, ht_view, rule, at_w_view,
                                          *workspace.memory, w_gram, n_threads);
  });
}

template <typename T>
py::tuple update(Array<T> w, const Dense<T>& p, const Dense<T>& gram,
                 const std::string& solver, double l1, double l2, int sweeps,
                 const OptionalOrder& order, int n_threads) {
  const Index k = p.cols;
  require(k >= 1, "P", "must have at least one column");
  const auto w_view = row_major(w, p.rows, k, "W");
  const auto p_view = row_major(p, p.rows, "P");
  const UpdateRule<T> rule = rule_of(solver, gram, k, l1, l2, sweeps, order);
  return factor_sums(k, [&](const RowMajor<double>& w_gram) {
    return level::Factors<T>::update(w_view, p_view, rule, w_gram, n_threads);
  });
}

template <typename Matrix, typename T = Scalar<Matrix>>
double observed_hals_pass(const Matrix& a, Array<T> w, const Dense<T>& ht, double l1,
                          double l2, const std::optional<Array<T>>& centre, int sweeps,
                          const OptionalOrder& order, NmfWorkspace<T>& workspace,
                          int n_threads) {
  const Index k = ht.cols;
  require(k >= 1, "Ht", "must have at least one column");
  require(sweeps >= 1, "sweeps", "must be at least 1");
  const auto w_view = row_major(w, a.rows, k, "W");
  const auto ht_view = row_major(ht, a.cols, "Ht");
  const CoordinateOrder coordinate_order = checked_order(order, k);
  const Penalty<T> penalty{static_cast<T>(l1), static_cast<T>(l2),
                           vector_span(centre, k, "centre")};
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return level::Observed<Matrix>::hals_pass(a, w_view, ht_view, penalty, sweeps,
                                            coordinate_order, *workspace.memory,
                                            n_threads);
}

template <typename T>
void bind(py::module_& m, const char* workspace) {
  py::class_<NmfWorkspace<T>>(m, workspace, py::module_local()).def(py::init<>());
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
          py::arg("AtW").noconvert(), py::arg("workspace"), py::arg("n_threads"),
          py::arg("At") = py::none());
  });
  bind_sparse<float, AnyIndex>(m);
  bind_sparse<double, AnyIndex>(m);
}

}  // namespace latentia::bindings
