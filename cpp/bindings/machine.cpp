#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/limits.hpp"

namespace latentia::bindings {

void bind_machine(py::module_& m) {
  m.attr("level") = LATENTIA_LEVEL;
  m.attr("vector_bytes") = skinny::vector_bytes;
#ifdef LATENTIA_OPENMP
  m.attr("has_openmp") = true;
#else
  m.attr("has_openmp") = false;
#endif
  m.def("max_threads", [] { return max_threads(); });
  m.def("set_forked", [] { set_forked(); });
  m.def("eigen", [] { return std::string(Eigen::SimdInstructionSetsInUse()); });
  m.def(
      "fma_peak",
      [](const std::string& dtype, int n_threads) {
        require(dtype == "float32" || dtype == "float64", "dtype",
                "must be 'float32' or 'float64'");
        require(n_threads >= 1, "n_threads", "must be at least 1");
        const py::gil_scoped_release other_python_threads_run_meanwhile;
        return dtype == "float32" ? fma_peak<float>(n_threads)
                                  : fma_peak<double>(n_threads);
      },
      py::arg("dtype"), py::arg("n_threads"));
  m.def(
      "read_bandwidth",
      [](const Array<float>& data, int n_threads) {
        require(n_threads >= 1, "n_threads", "must be at least 1");
        const float* begin = data.data();
        const Index size = data.size();
        const py::gil_scoped_release other_python_threads_run_meanwhile;
        return read_bandwidth(begin, size, n_threads);
      },
      py::arg("data").noconvert(), py::arg("n_threads"));
}

}  // namespace latentia::bindings
