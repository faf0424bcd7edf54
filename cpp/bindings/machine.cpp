#include "arrays.hpp"
#include "bindings.hpp"

namespace latentia::bindings {

void bind_machine(py::module_& m) {
  m.attr("level") = level::name();
  m.attr("vector_bytes") = level::vector_bytes();
  m.attr("has_openmp") = level::has_openmp();
  m.def("max_threads", &level::max_threads);
  m.def("set_forked", &level::set_forked);
  m.def("eigen", &level::eigen);
  m.def(
      "fma_peak",
      [](const std::string& dtype, int n_threads) {
        require(dtype == "float32" || dtype == "float64", "dtype",
                "must be 'float32' or 'float64'");
        require(n_threads >= 1, "n_threads", "must be at least 1");
        const py::gil_scoped_release other_python_threads_run_meanwhile;
        return dtype == "float32" ? level::fma_peak<float>(n_threads)
                                  : level::fma_peak<double>(n_threads);
      },
      py::arg("dtype"), py::arg("n_threads"));
  m.def(
      "read_bandwidth",
      [](const Array<float>& data, int n_threads) {
        require(n_threads >= 1, "n_threads", "must be at least 1");
        const float* begin = data.data();
        const Index size = data.size();
        const py::gil_scoped_release other_python_threads_run_meanwhile;
        return level::read_bandwidth(begin, size, n_threads);
      },
      py::arg("data").noconvert(), py::arg("n_threads"));
}

}  // namespace latentia::bindings
