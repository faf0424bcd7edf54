#include <sanitizer/tsan_interface.h>

/// ThreadSanitizer sees no synchronisation inside GCC's OpenMP library, which is not
/// instrumented, and takes every result of a parallel region for a race. Hiding those
/// reports would hide true ones as well. So the function that `parallel_for` is
/// compiled to is wrapped (by the linker, `--wrap`) and tells what OpenMP promises, no
/// more: what was written before a region is seen by its threads, and what they wrote
/// is seen behind it. Between the threads of a region nothing is promised.
namespace {

struct Region {
  void (*body)(void*);
  void* data;
  char begin = 0, end = 0;  // their addresses name the two points
};

void run_body(void* region_pointer) {
  Region& region = *static_cast<Region*>(region_pointer);
  __tsan_acquire(&region.begin);
  region.body(region.data);
  __tsan_release(&region.end);
}

}  // namespace

extern "C" {

void __real_GOMP_parallel(void (*body)(void*), void* data, unsigned n_threads,
                          unsigned flags);

void __wrap_GOMP_parallel(void (*body)(void*), void* data, unsigned n_threads,
                          unsigned flags) {
  Region region{body, data};
  __tsan_release(&region.begin);
  __real_GOMP_parallel(run_body, &region, n_threads, flags);
  __tsan_acquire(&region.end);
}
}
