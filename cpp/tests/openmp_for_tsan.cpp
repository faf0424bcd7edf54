#include <sanitizer/tsan_interface.h>

/// GCC's OpenMP library is not instrumented: ThreadSanitizer does not see its
/// synchronisation and reports a race for every result of a parallel region.
/// Suppressing these reports would also hide real races. Instead the linker wraps
/// (`--wrap`) the library function that starts a region, and the wrapper declares what
/// OpenMP guarantees: threads of a region see what was written before it, and code
/// after the region sees what its threads wrote. Nothing is declared about the threads
/// among each other.
namespace {

struct Region {
  void (*body)(void*);
  void* data;
  char begin = 0, end = 0;  // their addresses identify the two events
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
