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

/// What OpenMP's threads need of the system, and libgomp does not look at: it waits for
/// threads that a fork did not copy, and ends the process if it cannot start one.
namespace latentia {

#ifdef LATENTIA_OPENMP

/// libgomp's threads do not survive a fork: a parallel region in the child of a process
/// that had one waits for them forever. The child therefore works on one thread.
inline std::atomic<bool> forked{false};

/// Registered when the module is loaded: another library may have started the threads
/// before the first of our regions.
[[maybe_unused]] inline const int fork_handler =
    pthread_atfork(nullptr, nullptr, [] { forked.store(true); });

inline bool in_forked_child() { return forked.load(); }

/// For a module that is loaded after the fork, which no handler tells.
inline void set_forked() { forked.store(true); }

/// The stack of libgomp's threads: OMP_STACKSIZE, in KiB unless a unit follows; 0 is
/// the system's default.
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

/// 64 MiB of address space that nobody else takes meanwhile, where it is limited.
class Margin {
  static constexpr std::size_t bytes = std::size_t{64} << 20;

 public:
  Margin()
      : start_(address_space_is_limited()
                   ? mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                   : nullptr) {}
  ~Margin() {
    if (start_ && exists()) munmap(start_, bytes);
  }
  Margin(const Margin&) = delete;
  Margin& operator=(const Margin&) = delete;

  bool exists() const { return start_ != MAP_FAILED; }

 private:
  void* start_;
};

/// How many threads, at most `count`, the system starts beside those there are. They
/// exist at the same time, and have ended when this returns. Where memory is limited a
/// margin is left to the data, and one to each thread, for which glibc's `malloc`
/// reserves as much.
inline int startable(int count) {
  std::deque<Margin> margins;
  const auto has_room = [&] { return margins.emplace_back().exists(); };
  pthread_attr_t attributes;
  if (!has_room() || pthread_attr_init(&attributes) != 0) return 0;
  if (const std::size_t bytes = stack_bytes(); bytes > 0)
    pthread_attr_setstacksize(&attributes, bytes);  // what is too small is ignored
  std::mutex gate;
  std::vector<pthread_t> threads(static_cast<std::size_t>(count));
  const auto wait = [](void* closed) -> void* {
    const std::lock_guard until_it_opens(*static_cast<std::mutex*>(closed));
    return nullptr;
  };
  int started = 0;
  gate.lock();
  while (started < count && has_room() &&
         pthread_create(&threads[static_cast<std::size_t>(started)], &attributes, wait,
                        &gate) == 0)
    ++started;
  gate.unlock();
  for (int i = 0; i < started; ++i)
    pthread_join(threads[static_cast<std::size_t>(i)], nullptr);
  pthread_attr_destroy(&attributes);
  return started;
}

/// The threads, at most `wanted`, that a region may have. libgomp keeps those of this
/// thread's last region and starts what is missing. That it can is tried out where it
/// is not known: above the most there have been, and always where memory is limited.
inline int possible_team(int wanted) {
  static thread_local int last = 1, most = 1;
  if (wanted < 2) return wanted;
  if (wanted > last && (wanted > most || address_space_is_limited())) {
    wanted = last + startable(wanted - last);
    most = std::max(most, wanted);
  }
  last = wanted;
  return wanted;
}

#else

inline bool in_forked_child() { return false; }
inline void set_forked() {}

#endif

}  // namespace latentia
