#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {
namespace {

template <typename T>
void fill_normal(Array<T> out, std::uint64_t seed, int n_threads) {
  require(out.size() == 0 || (out.flags() & py::array::c_style), "out",
          "must be C-ordered");
  T* data = out.mutable_data();
  const Index size = out.size();
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  level::fill_normal(data, size, seed, n_threads);
}

}  // namespace

void bind_random(py::module_& m) {
  m.def("fill_normal", &fill_normal<float>, py::arg("out").noconvert(), py::arg("seed"),
        py::arg("n_threads"));
  m.def("fill_normal", &fill_normal<double>, py::arg("out").noconvert(),
        py::arg("seed"), py::arg("n_threads"));
}

}  // namespace latentia::bindings
