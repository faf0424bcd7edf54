#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {
namespace {

/// Pass: level::Moments<Matrix>::gram, or another one of the same arguments.
template <auto Pass, typename Matrix>
Array<double> gram(const Matrix& a, const MeanArgument<double>& mean, int n_threads) {
  const Mean<double> offset = mean_of(mean, a.rows, a.cols);
  Array<double> g({a.cols, a.cols});
  const auto g_view = row_major(g, a.cols, a.cols, "G");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Pass(a, offset, g_view, n_threads);
  return g;
}

void mirror_lower_triangle(Array<double> g, int n_threads) {
  require(g.ndim() == 2, "G", "must be a matrix");
  const auto g_view = row_major(g, g.shape(0), g.shape(0), "G");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::mirror_lower_triangle(g_view, n_threads);
}

}  // namespace

void bind_gram(py::module_& m) {
  for_each_matrix([&](auto kind) {
    using Matrix = decltype(kind);
    m.def("gram", &gram<&level::Moments<Matrix>::gram, Matrix>, py::arg("A"),
          py::arg("mean"), py::arg("n_threads"));
  });
  m.def("gram_by_float32", &gram<&level::gram_by_float32, Dense<float>>, py::arg("A"),
        py::arg("mean"), py::arg("n_threads"));
  m.def("mirror_lower_triangle", &mirror_lower_triangle, py::arg("G").noconvert(),
        py::arg("n_threads"));
}

}  // namespace latentia::bindings
