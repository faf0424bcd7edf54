#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/ranking/metrics.hpp"
#include "../kernels/ranking/top_items.hpp"

namespace latentia::bindings {
namespace {

template <typename T, typename I>
void check_exclude(const std::optional<Csr<T, I>>& exclude, Index rows, Index cols) {
  if (exclude)
    require(exclude->rows == rows && exclude->cols == cols, "exclude",
            "has the wrong shape");
}

template <typename T, typename I>
void top_of_product(const Dense<T>& w, const Dense<T>& ht,
                    const std::optional<Csr<T, I>>& exclude, Array<std::int64_t> items,
                    Array<T> scores, int n_threads) {
  require(w.cols >= 1 && w.cols == ht.cols, "W", "has the wrong number of columns");
  const auto w_view = const_matrix_view(w, w.rows, "W"),
             ht_view = const_matrix_view(ht, ht.rows, "Ht");
  check_exclude(exclude, w.rows, ht.rows);
  require(items.ndim() == 2 && items.shape(1) >= 1, "items", "has the wrong shape");
  auto items_view = matrix_view(items, w.rows, items.shape(1), "items");
  auto scores_view = matrix_view(scores, w.rows, items.shape(1), "scores");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  ranking::top_of_product<T, I>(w_view, ht_view, exclude ? &*exclude : nullptr,
                                items_view, scores_view, n_threads);
}

template <typename T, typename I>
void top_of_scores(const Dense<T>& s, const std::optional<Csr<T, I>>& exclude,
                   Array<std::int64_t> items, Array<T> scores, int n_threads) {
  const auto s_view = const_matrix_view(s, s.rows, "S");
  check_exclude(exclude, s.rows, s.cols);
  require(items.ndim() == 2 && items.shape(1) >= 1, "items", "has the wrong shape");
  auto items_view = matrix_view(items, s.rows, items.shape(1), "items");
  auto scores_view = matrix_view(scores, s.rows, items.shape(1), "scores");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  ranking::top_of_scores<T, I>(s_view, exclude ? &*exclude : nullptr, items_view,
                               scores_view, n_threads);
}

/// Depths that ascend from at least 1; lists are at most that long.
std::span<const Index> checked_depths(const Array<Index>& depths) {
  const auto view = vector_span(std::optional(depths), depths.size(), "depths");
  require(!view.empty() && view.front() >= 1, "depths", "must be at least 1");
  require(view.back() <= Index{1} << 31, "depths", "must be at most 2**31");
  for (std::size_t i = 1; i < view.size(); ++i)
    require(view[i - 1] < view[i], "depths", "must ascend");
  return view;
}

template <typename T, typename I>
void metrics(const Dense<std::int64_t>& list, const Csr<T, I>& relevant,
             const Array<Index>& depths,
             const std::optional<Array<double>>& information, Array<double> out,
             int n_threads) {
  const auto list_view = const_matrix_view(list, relevant.rows, "list");
  const auto depths_view = checked_depths(depths);
  const auto information_view = vector_span(information, relevant.cols, "information");
  require(list.rows == 0 || list.cols == 0 || list_view.maxCoeff() < relevant.cols,
          "list", "has an item outside of the columns");
  auto out_view =
      matrix_view(out, relevant.rows, ranking::n_metrics * depths.size(), "out");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  ranking::metrics<T, I>(list_view, relevant, depths_view, information_view, out_view,
                         n_threads);
}

template <typename T, typename I>
void bind(py::module_& m) {
  m.def("top_of_product", &top_of_product<T, I>, py::arg("W"), py::arg("Ht"),
        py::arg("exclude"), py::arg("items").noconvert(), py::arg("scores").noconvert(),
        py::arg("n_threads"));
  m.def("top_of_scores", &top_of_scores<T, I>, py::arg("S"), py::arg("exclude"),
        py::arg("items").noconvert(), py::arg("scores").noconvert(),
        py::arg("n_threads"));
  m.def("ranking_metrics", &metrics<T, I>, py::arg("list"), py::arg("relevant"),
        py::arg("depths").noconvert(), py::arg("information").noconvert(),
        py::arg("out").noconvert(), py::arg("n_threads"));
}

}  // namespace

void bind_ranking(py::module_& m) {
  bind<float, std::int32_t>(m);
  bind<double, std::int32_t>(m);
  bind<float, std::int64_t>(m);
  bind<double, std::int64_t>(m);
}

}  // namespace latentia::bindings
