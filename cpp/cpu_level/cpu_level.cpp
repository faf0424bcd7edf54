#include "../bindings/pybind.hpp"
// Python's headers must come first.
#include "cpu_level.hpp"

PYBIND11_MODULE(_cpu_level, m) {
  m.doc() = "The CPU levels that this machine can run.";
  m.def("supported_levels", [] {
    py::list levels;
    latentia::for_each_supported_level(
        [&](const char* level) { levels.append(level); });
    return levels;
  });
}
