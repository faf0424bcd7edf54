#include "../kernels/limits.hpp"
#include "../kernels/random.hpp"
#include "level.hpp"

namespace latentia::level {

template <typename T>
void fill_normal(T* out, Index size, std::uint64_t seed, int n_threads) {
  latentia::fill_normal(out, size, seed, n_threads);
}
template void fill_normal(float*, Index, std::uint64_t, int);
template void fill_normal(double*, Index, std::uint64_t, int);

const char* name() { return LATENTIA_LEVEL; }
int vector_bytes() { return skinny::vector_bytes; }
bool has_openmp() {
#ifdef LATENTIA_OPENMP
  return true;
#else
  return false;
#endif
}
std::string eigen() { return Eigen::SimdInstructionSetsInUse(); }
int max_threads() { return latentia::max_threads(); }
void set_forked() { latentia::set_forked(); }

template <typename T>
double fma_peak(int n_threads) {
  return latentia::fma_peak<T>(n_threads);
}
template double fma_peak<float>(int);
template double fma_peak<double>(int);

double read_bandwidth(const float* data, Index size, int n_threads) {
  return latentia::read_bandwidth(data, size, n_threads);
}

}  // namespace latentia::level
