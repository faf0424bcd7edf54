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
  const double* about = vector<double>(origin, a.cols, "origin");
  const svd::Summary total = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return svd::summary(a, about, n_threads);
  }();
  return py::make_tuple(to_array(total.sum), to_array(total.square), total.max_abs,
                        total.bad_row, total.bad_col);
}

template <typename T, typename I>
Index first_malformed_row(const Csr<T, I>& a, Index stored) {
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  return svd::first_malformed_row(a.rows, a.cols, a.row_start, stored, a.column);
}

}  // namespace

void bind_summary(py::module_& m) {
  for_each_matrix([&](auto kind) {
    m.def("summary", &summary<decltype(kind)>, py::arg("A"),
          py::arg("origin").noconvert(), py::arg("n_threads"));
  });
  m.def("first_malformed_row", &first_malformed_row<float, std::int32_t>);
  m.def("first_malformed_row", &first_malformed_row<double, std::int32_t>);
  m.def("first_malformed_row", &first_malformed_row<float, std::int64_t>);
  m.def("first_malformed_row", &first_malformed_row<double, std::int64_t>,
        py::arg("A"), py::arg("stored"));
}

}  // namespace latentia::bindings
