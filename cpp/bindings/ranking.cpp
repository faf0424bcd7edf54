#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {
namespace {

constexpr Index n_metrics = 7;

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
  const auto w_view = row_major(w, w.rows, "W"), ht_view = row_major(ht, ht.rows, "Ht");
  check_exclude(exclude, w.rows, ht.rows);
  require(items.ndim() == 2 && items.shape(1) >= 1, "items", "has the wrong shape");
  const auto items_view = row_major(items, w.rows, items.shape(1), "items");
  const auto scores_view = row_major(scores, w.rows, items.shape(1), "scores");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::Ranking<Csr<T, I>>::top_of_product(w_view, ht_view,
                                            exclude ? &*exclude : nullptr, items_view,
                                            scores_view, n_threads);
}

template <typename T, typename I>
void top_of_scores(const Dense<T>& s, const std::optional<Csr<T, I>>& exclude,
                   Array<std::int64_t> items, Array<T> scores, int n_threads) {
  const auto s_view = row_major(s, s.rows, "S");
  check_exclude(exclude, s.rows, s.cols);
  require(items.ndim() == 2 && items.shape(1) >= 1, "items", "has the wrong shape");
  const auto items_view = row_major(items, s.rows, items.shape(1), "items");
  const auto scores_view = row_major(scores, s.rows, items.shape(1), "scores");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::Ranking<Csr<T, I>>::top_of_scores(s_view, exclude ? &*exclude : nullptr,
                                           items_view, scores_view, n_threads);
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
void list_metrics(const Dense<std::int64_t>& list, const Csr<T, I>& relevant,
                  const Array<Index>& depths,
                  const std::optional<Array<double>>& information, Array<double> out,
                  int n_threads) {
  const auto list_view = row_major(list, relevant.rows, "list");
  const auto depths_view = checked_depths(depths);
  const auto information_view = vector_span(information, relevant.cols, "information");
  for (Index i = 0; i < list_view.rows; ++i)
    for (Index j = 0; j < list_view.cols; ++j)
      require(list_view.data[i * list_view.stride + j] < relevant.cols, "list",
              "has an item outside of the columns");
  const auto out_view = row_major(out, relevant.rows, n_metrics * depths.size(), "out");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::Ranking<Csr<T, I>>::metrics(list_view, relevant, depths_view, information_view,
                                     out_view, n_threads);
}

template <typename T, typename I>
void bind_lists(py::module_& m) {
  m.def("top_of_product", &top_of_product<T, I>, py::arg("W"), py::arg("Ht"),
        py::arg("exclude"), py::arg("items").noconvert(), py::arg("scores").noconvert(),
        py::arg("n_threads"));
  m.def("top_of_scores", &top_of_scores<T, I>, py::arg("S"), py::arg("exclude"),
        py::arg("items").noconvert(), py::arg("scores").noconvert(),
        py::arg("n_threads"));
  m.def("ranking_metrics", &list_metrics<T, I>, py::arg("list"), py::arg("relevant"),
        py::arg("depths").noconvert(), py::arg("information").noconvert(),
        py::arg("out").noconvert(), py::arg("n_threads"));
}

}  // namespace

void bind_ranking(py::module_& m) {
  bind_lists<float, AnyIndex>(m);
  bind_lists<double, AnyIndex>(m);
}

}  // namespace latentia::bindings
