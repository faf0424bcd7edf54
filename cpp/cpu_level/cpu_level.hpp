#pragma once

/// Which of the kernel modules this CPU can run, by the feature levels of the x86-64
/// psABI. It is compiled for the baseline and runs everywhere.
namespace latentia {

/// Whether the CPU has the level: 2, 3 or 4 of x86-64; 0 on other architectures.
inline bool supports(int level) {
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

/// Calls use(name) for every level that the CPU has, best first.
template <typename Use>
void for_each_supported_level(Use&& use) {
  if (supports(4)) use("v4");
  if (supports(3)) use("v3");
  if (supports(2)) use("v2");
  if (supports(0)) use("generic");
}

}  // namespace latentia
