#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/svd/gram.hpp"

namespace latentia::bindings {
namespace {

/// `S` is the type of the products.
template <typename S, typename Matrix>
Array<double> gram(const Matrix& a, const MeanArgument<double>& mean, int n_threads) {
  const Mean<double> offset = mean_of(mean, a.rows, a.cols);
  Array<double> g({a.cols, a.cols});
  auto g_view = matrix_view(g, a.cols, a.cols, "G");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  svd::gram<S>(a, offset, g_view, n_threads);
  return g;
}

}  // namespace

void bind_gram(py::module_& m) {
  for_each_matrix([&](auto kind) {
    m.def("gram", &gram<double, decltype(kind)>, py::arg("A"), py::arg("mean"),
          py::arg("n_threads"));
  });
  m.def("gram_by_float32", &gram<float, Dense<float>>, py::arg("A"), py::arg("mean"),
        py::arg("n_threads"));
}

}  // namespace latentia::bindings
