#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/scan/csr_structure.hpp"

namespace latentia::bindings {
namespace {

template <typename Matrix>
py::tuple summary(const Matrix& a, const Array<double>& origin, int n_threads) {
  require(origin.ndim() == 1 && origin.size() == a.cols &&
              (a.cols < 2 || origin.strides(0) == origin.itemsize()),
          "origin", "has the wrong shape");
  const double* origin_values = origin.data();
  Array<double> sum(a.cols), square(a.cols);
  double *sum_values = sum.mutable_data(), *square_values = square.mutable_data();
  const level::Extremes extremes = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return level::Moments<Matrix>::summary(a, origin_values, sum_values, square_values,
                                           n_threads);
  }();
  return py::make_tuple(sum, square, extremes.max_abs, extremes.nonfinite_row,
                        extremes.nonfinite_col);
}

template <typename Matrix>
py::tuple csr_structure(const Matrix& a, Index nnz) {
  const scan::CsrStructure structure = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return scan::csr_structure(a, nnz);
  }();
  return py::make_tuple(structure.malformed_row, structure.canonical);
}

}  // namespace

void bind_scan(py::module_& m) {
  for_each_matrix([&](auto kind) {
    m.def("summary", &summary<decltype(kind)>, py::arg("A"),
          py::arg("origin").noconvert(), py::arg("n_threads"));
  });
  const auto define = [&](auto kind) {
    m.def("csr_structure", &csr_structure<decltype(kind)>, py::arg("A"),
          py::arg("nnz"));
  };
  define(Csr<float, std::int32_t>{});
  define(Csr<double, std::int32_t>{});
  define(Csr<float, std::int64_t>{});
  define(Csr<double, std::int64_t>{});
}

}  // namespace latentia::bindings
