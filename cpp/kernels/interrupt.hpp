#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>

/// Interrupting a long pass. Work is split into tasks and tasks into tiles; `poll` is
/// called before each of them. In the thread that called the kernel, `poll` calls
/// `check_interrupt` a few times a second. An exception from it ends the pass: the
/// other threads stop at their next poll. Polling does not change any result.
namespace latentia {

/// Throws if the pass must end. The bindings set it: Python decides what a signal does.
inline std::atomic<void (*)()> check_interrupt{nullptr};

/// Thrown by `poll` in the threads that do not call `check_interrupt` themselves.
struct Stopped {};

/// Whether one parallel region was interrupted.
class InterruptState {
  using Clock = std::chrono::steady_clock;
  // Each check takes Python's interpreter lock: five a second cost nothing measurable.
  static constexpr std::chrono::milliseconds check_period{200};

 public:
  /// Throws if the region must end. `is_caller`: whether this thread opened the region.
  void poll(bool is_caller) {
    if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
    if (!is_caller) return;
    const auto now = Clock::now();
    if (now < next_check_) return;
    next_check_ = now + check_period;
    const auto check = check_interrupt.load();
    try {
      if (check) check();
    } catch (...) {
      stopped_.store(true);
      throw;
    }
  }

  /// Called by the caller's thread when no task is left for it: polls until the other
  /// threads have finished. It yields in the first millisecond, because most regions
  /// are short, then sleeps for 1/32 of the time waited so far: at most 3 % is lost.
  void wait_for(const std::atomic<std::ptrdiff_t>& unfinished_tasks) {
    const auto start = Clock::now();
    while (unfinished_tasks.load(std::memory_order_acquire) > 0) {
      if (!stopped_.load(std::memory_order_relaxed)) poll(true);
      const auto waited = Clock::now() - start;
      if (waited < std::chrono::milliseconds(1))
        std::this_thread::yield();
      else
        std::this_thread::sleep_for(waited / 32);
    }
  }

 private:
  std::atomic<bool> stopped_{false};
  Clock::time_point next_check_ = Clock::now() + check_period;  // used by the caller
};

/// While this object exists, its thread belongs to a region.
///
/// The current scope is stored under a POSIX thread-specific key. C++'s `thread_local`
/// allocates memory at its first use in each thread, and ends the process if that
/// fails.
class RegionScope {
 public:
  RegionScope(InterruptState& watch, bool is_caller)
      : watch_(watch),
        is_caller_(is_caller),
        outer_(pthread_getspecific(current_scope_key_)) {
    pthread_setspecific(current_scope_key_, this);
  }
  ~RegionScope() { pthread_setspecific(current_scope_key_, outer_); }
  RegionScope(const RegionScope&) = delete;
  RegionScope& operator=(const RegionScope&) = delete;

  /// Throws if the region of this thread must end.
  static void poll() {
    if (const auto* scope =
            static_cast<const RegionScope*>(pthread_getspecific(current_scope_key_)))
      scope->watch_.poll(scope->is_caller_);
  }

 private:
  static pthread_key_t make_key() {
    pthread_key_t key;
    if (pthread_key_create(&key, nullptr) != 0) throw std::bad_alloc();
    return key;
  }

  static inline const pthread_key_t current_scope_key_ =
      make_key();  // created at module load
  InterruptState& watch_;
  bool is_caller_;
  void* outer_;
};

inline void poll() { RegionScope::poll(); }

}  // namespace latentia
