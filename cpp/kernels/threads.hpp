#pragma once

#include <algorithm>
#include <atomic>

#ifdef LATENTIA_OPENMP
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstdlib>
#include <deque>
#include <mutex>
#include <vector>
#endif

/// Two failures that GCC's OpenMP library (libgomp) does not handle: after a fork it
/// waits for threads that the child does not have, and it ends the process if it cannot
/// start a thread.
namespace latentia {

#ifdef LATENTIA_OPENMP

/// A fork does not copy libgomp's threads: a parallel region in the child would wait
/// for them forever. The child therefore uses one thread.
inline std::atomic<bool> forked{false};

/// Registered when the module is loaded, because another library may start OpenMP's
/// threads before our first region.
[[maybe_unused]] inline const int fork_handler =
    pthread_atfork(nullptr, nullptr, [] { forked.store(true); });

inline bool in_forked_child() { return forked.load(); }

/// For a module that is loaded after the fork: its handler was not registered in time.
inline void set_forked() { forked.store(true); }

/// The stack size of libgomp's threads: OMP_STACKSIZE, in KiB unless a unit follows.
/// 0 means the system's default.
inline std::size_t stack_bytes() {
  const char* text = std::getenv("OMP_STACKSIZE");
  if (!text) text = std::getenv("GOMP_STACKSIZE");
  if (!text) return 0;
  char* unit = nullptr;
  const std::size_t number = std::strtoull(text, &unit, 10);
  while (*unit == ' ') ++unit;
  const int shift = *unit == 'B' || *unit == 'b'   ? 0
                    : *unit == 'M' || *unit == 'm' ? 20
                    : *unit == 'G' || *unit == 'g' ? 30
                                                   : 10;
  return number << shift;
}

inline bool address_space_is_limited() {
  rlimit limit{};
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/// Reserves 64 MiB of address space while it exists, if the address space is limited.
class AddressSpaceReserve {
  // What glibc's `malloc` reserves for the arena of a thread on 64-bit systems.
  static constexpr std::size_t bytes = std::size_t{64} << 20;

 public:
  AddressSpaceReserve()
      : start_(address_space_is_limited()
                   ? mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                   : nullptr) {}
  ~AddressSpaceReserve() {
    if (start_ && is_reserved()) munmap(start_, bytes);
  }
  AddressSpaceReserve(const AddressSpaceReserve&) = delete;
  AddressSpaceReserve& operator=(const AddressSpaceReserve&) = delete;

  bool is_reserved() const { return start_ != MAP_FAILED; }

 private:
  void* start_;
};

/// How many more threads, at most `count`, the system can start. It is tried: the
/// threads exist at the same time and have ended when this function returns. If the
/// address space is limited, one reserve is kept for the data and one for each thread.
inline int startable_threads(int count) {
  std::deque<AddressSpaceReserve> reserves;
  const auto reserve_succeeds = [&] { return reserves.emplace_back().is_reserved(); };
  pthread_attr_t attributes;
  if (!reserve_succeeds() || pthread_attr_init(&attributes) != 0) return 0;
  if (const std::size_t bytes = stack_bytes(); bytes > 0)
    pthread_attr_setstacksize(&attributes,
                              bytes);  // a size that is too small is ignored
  std::mutex start_gate;
  std::vector<pthread_t> threads(static_cast<std::size_t>(count));
  const auto wait = [](void* locked_gate) -> void* {
    const std::lock_guard wait_for_gate(*static_cast<std::mutex*>(locked_gate));
    return nullptr;
  };
  int started = 0;
  start_gate.lock();
  while (started < count && reserve_succeeds() &&
         pthread_create(&threads[static_cast<std::size_t>(started)], &attributes, wait,
                        &start_gate) == 0)
    ++started;
  start_gate.unlock();
  for (int i = 0; i < started; ++i)
    pthread_join(threads[static_cast<std::size_t>(i)], nullptr);
  pthread_attr_destroy(&attributes);
  return started;
}

/// The number of threads, at most `wanted_threads`, that a region may have. libgomp
/// keeps the threads of this thread's last region and starts the missing ones. Whether
/// it can start them is tried first if the region is larger than any before, and always
/// if the address space is limited.
inline int possible_team_size(int wanted_threads) {
  static thread_local int last_team_size = 1, largest_team_size = 1;
  if (wanted_threads < 2) return wanted_threads;
  if (wanted_threads > last_team_size &&
      (wanted_threads > largest_team_size || address_space_is_limited())) {
    wanted_threads =
        last_team_size + startable_threads(wanted_threads - last_team_size);
    largest_team_size = std::max(largest_team_size, wanted_threads);
  }
  last_team_size = wanted_threads;
  return wanted_threads;
}

#else

inline bool in_forked_child() { return false; }
inline void set_forked() {}

#endif

}  // namespace latentia
