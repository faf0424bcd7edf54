#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>

/// How a long pass is ended from outside. Work is cut into tasks and these into tiles;
/// `poll` is called before each of them. In the thread that called the kernel it asks
/// `check_interrupt` a few times a second, and what that throws ends the pass: the
/// other threads leave at their next poll. A pass that nothing interrupts has the same
/// bits.
namespace latentia {

/// Throws if the pass is to end. The bindings set it, as what a signal does in Python
/// is decided by Python.
inline std::atomic<void (*)()> check_interrupt{nullptr};

/// What `poll` throws in the threads that did not ask themselves.
struct Stopped {};

/// The state of one parallel region.
class Watch {
  using Clock = std::chrono::steady_clock;
  // The interpreter's lock is taken each time: rarely enough to cost nothing.
  static constexpr std::chrono::milliseconds period{200};

 public:
  /// Throws if the region is to end. `is_caller`: in the thread that opened it.
  void poll(bool is_caller) {
    if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
    if (!is_caller) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + period;
    const auto check = check_interrupt.load();
    try {
      if (check) check();
    } catch (...) {
      stopped_.store(true);
      throw;
    }
  }

  /// In the caller, which has no task left: polls until the others have none either.
  /// It yields first, as a region may be short, then sleeps for a 32nd of its wait.
  void wait_for(const std::atomic<std::ptrdiff_t>& unfinished) {
    const auto begin = Clock::now();
    while (unfinished.load(std::memory_order_acquire) > 0) {
      if (!stopped_.load(std::memory_order_relaxed)) poll(true);
      const auto waited = Clock::now() - begin;
      if (waited < std::chrono::milliseconds(1))
        std::this_thread::yield();
      else
        std::this_thread::sleep_for(waited / 32);
    }
  }

 private:
  std::atomic<bool> stopped_{false};
  Clock::time_point next_ = Clock::now() + period;  // the caller's alone
};

/// Makes a thread part of a region for as long as it lives.
///
/// What a thread is part of is found by a key of POSIX's, whose values lie in the
/// thread itself: C++'s `thread_local` takes memory at its first use in each thread,
/// and ends the process if there is none.
class InRegion {
 public:
  InRegion(Watch& watch, bool is_caller)
      : watch_(watch), is_caller_(is_caller), before_(pthread_getspecific(key_)) {
    pthread_setspecific(key_, this);
  }
  ~InRegion() { pthread_setspecific(key_, before_); }
  InRegion(const InRegion&) = delete;
  InRegion& operator=(const InRegion&) = delete;

  /// Throws if the region that this thread works in is to end.
  static void poll() {
    if (const auto* here = static_cast<const InRegion*>(pthread_getspecific(key_)))
      here->watch_.poll(here->is_caller_);
  }

 private:
  static pthread_key_t new_key() {
    pthread_key_t key;
    if (pthread_key_create(&key, nullptr) != 0) throw std::bad_alloc();
    return key;
  }

  static inline const pthread_key_t key_ = new_key();  // when the module is loaded
  Watch& watch_;
  bool is_caller_;
  void* before_;
};

inline void poll() { InRegion::poll(); }

}  // namespace latentia
