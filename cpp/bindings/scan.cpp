#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/scan/csr_structure.hpp"
#include "../kernels/scan/summary.hpp"

namespace latentia::bindings {
namespace {

Array<double> to_array(const Eigen::ArrayXd& x) {
  return Array<double>(x.size(), x.data());
}

template <typename Matrix>
py::tuple summary(const Matrix& a, const Array<double>& origin, int n_threads) {
  require(origin.ndim() == 1 && origin.size() == a.cols &&
              (a.cols < 2 || origin.strides(0) == origin.itemsize()),
          "origin", "has the wrong shape");
  const double* origin_values = origin.data();
  const scan::Summary total = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return scan::summary(a, origin_values, n_threads);
  }();
  return py::make_tuple(to_array(total.sum), to_array(total.square), total.max_abs,
                        total.nonfinite_row, total.nonfinite_col);
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
