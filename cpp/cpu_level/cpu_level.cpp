#include "../bindings/pybind.hpp"

/// Tells which of the kernel modules this CPU can run, by the feature levels of the
/// x86-64 psABI. This module is compiled for the baseline and runs everywhere.
namespace {

bool supports(int level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") &&
                  __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 =
      v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl");
  return level == 4 ? v4 : level == 3 ? v3 : level == 2 ? v2 : false;
#else
  return level == 0;
#endif
}

}  // namespace

PYBIND11_MODULE(_cpu_level, m) {
  m.doc() = "The CPU levels that this machine can run.";
  m.def("supported_levels", [] {
    py::list levels;
    if (supports(4)) levels.append("v4");
    if (supports(3)) levels.append("v3");
    if (supports(2)) levels.append("v2");
    if (supports(0)) levels.append("generic");
    return levels;
  });
}
