#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers come first.
#include "../kernels/svd/summary.hpp"

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
  const double* about = origin.data();
  const svd::Summary total = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return svd::summary(a, about, n_threads);
  }();
  return py::make_tuple(to_array(total.sum), to_array(total.square), total.max_abs,
                        total.bad_row, total.bad_col);
}

template <typename Matrix>
py::tuple inspect(const Matrix& a, Index stored) {
  const svd::CsrForm form = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return svd::inspect(a, stored);
  }();
  return py::make_tuple(form.malformed_row, form.canonical);
}

}  // namespace

void bind_summary(py::module_& m) {
  for_each_matrix([&](auto kind) {
    m.def("summary", &summary<decltype(kind)>, py::arg("A"),
          py::arg("origin").noconvert(), py::arg("n_threads"));
  });
  const auto define = [&](auto kind) {
    m.def("inspect", &inspect<decltype(kind)>, py::arg("A"), py::arg("stored"));
  };
  define(Csr<float, std::int32_t>{});
  define(Csr<double, std::int32_t>{});
  define(Csr<float, std::int64_t>{});
  define(Csr<double, std::int64_t>{});
}

}  // namespace latentia::bindings
