#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {
namespace {

template <typename Matrix>
Array<double> gram(const Matrix& a, const MeanArgument<double>& mean, int n_threads) {
  const Mean<double> offset = mean_of(mean, a.rows, a.cols);
  Array<double> g({a.cols, a.cols});
  const auto g_view = row_major(g, a.cols, a.cols, "G");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::Moments<Matrix>::gram(a, offset, g_view, n_threads);
  return g;
}

}  // namespace

void bind_gram(py::module_& m) {
  for_each_matrix([&](auto kind) {
    m.def("gram", &gram<decltype(kind)>, py::arg("A"), py::arg("mean"),
          py::arg("n_threads"));
  });
}

}  // namespace latentia::bindings
