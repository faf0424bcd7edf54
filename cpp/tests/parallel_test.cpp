#include "../kernels/parallel.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "matrices.hpp"

namespace latentia::testing {
namespace {

void every_task_runs_once(int n_threads) {
  for (const Index n_tasks : {0, 1, 2, 6, 7, 8, 1000}) {
    std::vector<std::atomic<int>> runs(static_cast<std::size_t>(n_tasks));
    parallel_for(n_tasks, n_threads,
                 [&](Index task) { ++runs[static_cast<std::size_t>(task)]; });
    check(
        std::all_of(runs.begin(), runs.end(), [](int count) { return count == 1; }),
        std::to_string(n_tasks) + " tasks, " + std::to_string(n_threads) + " threads");
  }
}

void the_first_exception_is_rethrown(int n_threads) {
  std::string message;
  try {
    parallel_for(50, n_threads, [](Index task) {
      if (task % 20 == 13) throw std::runtime_error("task " + std::to_string(task));
    });
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  check(message == "task 13", "got '" + message + "'");
  every_task_runs_once(n_threads);  // the threads still work
}

void chunks_cover_the_rows() {
  for (const Index rows : {0, 1, 2, 7, 31, 97, 1000, 100'003})
    for (const Chunks& chunks :
         {Chunks::for_sums(rows, 24, 1 << 10), Chunks::for_sums(rows, 24, 1 << 23),
          Chunks::for_sums(rows, 0, 0), Chunks::with_max_rows(rows, 12)}) {
      Index end = 0;
      for (Index c = 0; c < chunks.count; ++c) {
        check(chunks.begin(c) == end, "chunks are contiguous");
        end = chunks.end(c);
      }
      check(end == rows, "chunks cover " + std::to_string(rows) + " rows");
    }
  check(Chunks::for_sums(1000, 24, Index{8} << 20).count == 4, "sums within 32 MiB");
  check(Chunks::for_sums(1000, 24, Index{1} << 40).count == 1, "at least one chunk");
}

struct Interrupted {};

/// `check_interrupt` ends a pass that would take a minute. The remaining tasks are not
/// run, and the exception reaches the caller. It is thrown in one of the caller's tasks
/// or while the caller waits for other threads.
void an_interrupt_ends_a_pass(int n_threads, Index n_tasks) {
  check_interrupt.store([] { throw Interrupted{}; });
  std::atomic<int> tiles{0};
  bool was_thrown = false;
  try {
    parallel_for(n_tasks, n_threads, [&](Index) {
      for_each_tile(0, 60'000 / n_tasks, 1, [&](Index, Index) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++tiles;
      });
    });
  } catch (const Interrupted&) {
    was_thrown = true;
  }
  check_interrupt.store(nullptr);
  check(was_thrown && tiles < 30'000, "interrupted after " + std::to_string(tiles));
  every_task_runs_once(n_threads);
}

/// The caller has finished its task, and the other task takes a minute. The caller's
/// task waits until the other thread has started its own: on a busy machine the caller
/// could otherwise take both tasks.
void a_waiting_caller_is_interrupted() {
  check_interrupt.store([] { throw Interrupted{}; });
  bool was_thrown = false;
  try {
    const auto caller = std::this_thread::get_id();
    std::atomic<bool> other_began{false};
    parallel_for(2, 2, [&](Index) {
      if (std::this_thread::get_id() == caller) {
        for (int ms = 0; ms < 30'000 && !other_began; ++ms)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return;
      }
      other_began = true;
      for_each_tile(0, 60'000, 1, [](Index, Index) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      });
    });
  } catch (const Interrupted&) {
    was_thrown = true;
  }
  check_interrupt.store(nullptr);
  check(was_thrown, "a waiting caller is interrupted");
}

void a_check_that_returns_changes_nothing(int n_threads) {
  static std::atomic<int> checks;
  checks = 0;
  check_interrupt.store([] {
    ++checks;
    parallel_for(3, 2, [](Index) { poll(); });  // a handler may use kernels
  });
  std::atomic<int> tiles{0};
  parallel_for(8, n_threads, [&](Index) {
    for_each_tile(0, 100, 1, [&](Index, Index) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ++tiles;
    });
  });
  check_interrupt.store(nullptr);
  check(tiles == 800, "all tiles were visited");
  check(n_threads > 2 || checks > 0, "the caller called check_interrupt");
}

/// If the system cannot start all threads, a region has fewer, or one.
void fewer_threads_than_wanted() {
#ifdef LATENTIA_OPENMP
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    forked.store(false);  // allow threads: this child has had no region yet
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = Index{1} << 20;  // less than is in use: no thread can start
    const bool limited = setrlimit(RLIMIT_AS, &limit) == 0;
    if (!address_space_is_limited()) _exit(0);  // QEMU's user mode ignores the limit
    const int team = possible_team_size(64);
    std::atomic<int> runs{0};
    parallel_for(64, 64, [&](Index) { ++runs; });
    _exit(limited && team < 64 && runs == 64 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0,
        "a region works with fewer threads");
#endif
}

/// 1 + 16 · ¾ · 2⁻²³, where 2⁻²³ is the last digit of a float32 near 1. In float32 each
/// term would be rounded up to 2⁻²³, and the sum to 1 + 16 · 2⁻²³. The matrix is large
/// enough for seven threads.
void sums_keep_their_digits_and_bits() {
  const Index rows = 2100, cols = 900;
  const float small = 0x3p-25f;
  std::vector<RowMatrix<float>> partial(17,
                                        RowMatrix<float>::Constant(rows, 912, small));
  partial[0].setOnes();
  const auto total = [&](int n_threads) {
    RowMatrix<float> sum(rows, cols);
    sum_in_order(partial, sum, n_threads);
    return sum;
  };
  const RowMatrix<float> one = total(1);
  check((one.array() == 1 + 16 * small).all(), "accumulated in float64");
  for (const int n_threads : {2, 7})
    check(same_bits(one, total(n_threads)), std::to_string(n_threads) + " threads");
}

/// After a fork, the child of a process with threads works on one thread.
void a_forked_child_works() {
  every_task_runs_once(4);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // ends a child that waits for threads it does not have
    failures = 0;
    every_task_runs_once(4);
    _exit(failures == 0 && max_threads() == 1 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a forked child works");
  check(!in_forked_child(), "the parent is not a child");
  every_task_runs_once(4);
}

}  // namespace

void run() {
  fewer_threads_than_wanted();  // before any thread is started
  for (const int n_threads : {1, 2, 7}) {
    every_task_runs_once(n_threads);
    the_first_exception_is_rethrown(n_threads);
    for (const Index n_tasks : {1, 3, 60}) an_interrupt_ends_a_pass(n_threads, n_tasks);
    a_check_that_returns_changes_nothing(n_threads);
  }
#ifdef LATENTIA_OPENMP
  a_waiting_caller_is_interrupted();
#endif
  chunks_cover_the_rows();
  sums_keep_their_digits_and_bits();
  a_forked_child_works();
}

}  // namespace latentia::testing
