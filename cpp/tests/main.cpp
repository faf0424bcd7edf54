#include "check.hpp"

/// Runs the tests of one file. Tests are compiled for a CPU level, this file for the
/// baseline: on a CPU that lacks the level the tests are skipped. Otherwise they would
/// stop with an illegal instruction.
namespace {

constexpr int skipped = 77;  // SKIP_RETURN_CODE of the tests

bool runs(const std::string& level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == "v2") return __builtin_cpu_supports("sse4.2");
  if (level == "v3") return __builtin_cpu_supports("avx2");
  if (level == "v4") return __builtin_cpu_supports("avx512vl");
  return false;
#else
  return level == "generic";
#endif
}

}  // namespace

int main(int n_arguments, char** arguments) {
  const std::string level = n_arguments == 2 ? arguments[1] : "";
  if (!runs(level)) {
    std::fprintf(stderr, "this CPU lacks the level '%s'\n", level.c_str());
    return skipped;
  }
  latentia::testing::run();
  return latentia::testing::failures == 0 ? 0 : 1;
}
