#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/svd/products.hpp"

namespace latentia::bindings {
namespace {

template <typename Matrix, typename T = Scalar<Matrix>>
Array<T> normal_product(const Matrix& a, const MeanArgument<T>& mean, const Dense<T>& x,
                        std::optional<Array<T>> y, int n_threads) {
  const ConstMatrixView<T> x_view = const_matrix_view(x, a.cols, "X");
  const Mean<T> offset = mean_of(mean, a.rows, a.cols);
  Array<T> z({a.cols, x.cols});
  const auto z_view = matrix_view(z, a.cols, x.cols, "Z");
  std::optional<MatrixView<T>> y_view;
  if (y) y_view.emplace(matrix_view(*y, a.rows, x.cols, "Y"));
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  svd::normal_product<T>(a, offset, x_view, y_view ? &*y_view : nullptr, z_view,
                         n_threads);
  return z;
}

template <typename Matrix, typename T = Scalar<Matrix>>
void product(const Matrix& a, const MeanArgument<T>& mean, const Dense<T>& x,
             Array<T> y, int n_threads) {
  const ConstMatrixView<T> x_view = const_matrix_view(x, a.cols, "X");
  const Mean<T> offset = mean_of(mean, a.rows, a.cols);
  const auto y_view = matrix_view(y, a.rows, x.cols, "Y");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  svd::product<T>(a, offset, x_view, y_view, n_threads);
}

template <typename Matrix, typename T = Scalar<Matrix>>
Array<T> adjoint_product(const Matrix& a, const MeanArgument<T>& mean,
                         const Dense<T>& y, int n_threads) {
  const ConstMatrixView<T> y_view = const_matrix_view(y, a.rows, "Y");
  const Mean<T> offset = mean_of(mean, a.rows, a.cols);
  Array<T> z({a.cols, y.cols});
  const auto z_view = matrix_view(z, a.cols, y.cols, "Z");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  svd::adjoint_product<T>(a, offset, y_view, z_view, n_threads);
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
