#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {
namespace {

using level::Products;

template <typename Matrix, typename T = Scalar<Matrix>>
Array<T> normal_product(const Matrix& a, const MeanArgument<T>& mean, const Dense<T>& x,
                        std::optional<Array<T>> y, int n_threads) {
  const auto x_view = row_major(x, a.cols, "X");
  const Mean<T> offset = mean_of(mean, a.rows, a.cols);
  Array<T> z({a.cols, x.cols});
  const auto z_view = row_major(z, a.cols, x.cols, "Z");
  std::optional<RowMajor<T>> y_view;
  if (y) y_view = row_major(*y, a.rows, x.cols, "Y");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Products<Matrix>::normal_product(a, offset, x_view, y_view, z_view, n_threads);
  return z;
}

template <typename Matrix, typename T = Scalar<Matrix>>
void product(const Matrix& a, const MeanArgument<T>& mean, const Dense<T>& x,
             Array<T> y, int n_threads) {
  const auto x_view = row_major(x, a.cols, "X");
  const Mean<T> offset = mean_of(mean, a.rows, a.cols);
  const auto y_view = row_major(y, a.rows, x.cols, "Y");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Products<Matrix>::product(a, offset, x_view, y_view, n_threads);
}

template <typename Matrix, typename T = Scalar<Matrix>>
Array<T> adjoint_product(const Matrix& a, const MeanArgument<T>& mean,
                         const Dense<T>& y, int n_threads) {
  const auto y_view = row_major(y, a.rows, "Y");
  const Mean<T> offset = mean_of(mean, a.rows, a.cols);
  Array<T> z({a.cols, y.cols});
  const auto z_view = row_major(z, a.cols, y.cols, "Z");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Products<Matrix>::adjoint_product(a, offset, y_view, z_view, n_threads);
  return z;
}

}  // namespace

void bind_products(py::module_& m) {
  for_each_matrix([&](auto kind) {
    using Matrix = decltype(kind);
    m.def("normal_product", &normal_product<Matrix>, py::arg("A"), py::arg("mean"),
          py::arg("X"), py::arg("Y").noconvert(), py::arg("n_threads"));
    m.def("product", &product<Matrix>, py::arg("A"), py::arg("mean"), py::arg("X"),
          py::arg("Y").noconvert(), py::arg("n_threads"));
    m.def("adjoint_product", &adjoint_product<Matrix>, py::arg("A"), py::arg("mean"),
          py::arg("Y"), py::arg("n_threads"));
  });
}

}  // namespace latentia::bindings
