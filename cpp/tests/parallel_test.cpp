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

void the_first_exception_comes_out(int n_threads) {
  std::string message;
  try {
    parallel_for(50, n_threads, [](Index task) {
      if (task % 20 == 13) throw std::runtime_error("task " + std::to_string(task));
    });
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  check(message == "task 13", "got '" + message + "'");
  every_task_runs_once(n_threads);  // the threads are fit for more
}

void chunks_cover_the_rows() {
  for (const Index rows : {0, 1, 2, 7, 31, 97, 1000, 100'003})
    for (const Chunks& chunks :
         {Chunks::for_sums(rows, 24, 1 << 10), Chunks::for_sums(rows, 24, 1 << 23),
          Chunks::for_sums(rows, 0, 0), Chunks::of_rows(rows, 12)}) {
      Index end = 0;
      for (Index c = 0; c < chunks.count; ++c) {
        check(chunks.begin(c) == end, "chunks follow each other");
        end = chunks.end(c);
      }
      check(end == rows, "chunks end with the " + std::to_string(rows) + " rows");
    }
  check(Chunks::for_sums(1000, 24, Index{8} << 20).count == 4, "sums within 32 MiB");
  check(Chunks::for_sums(1000, 24, Index{1} << 40).count == 1, "at least one chunk");
}

struct Interrupted {};

/// A pass of a minute that `check_interrupt` ends: the tasks that are left are not run,
/// and its exception comes out, of a task of the caller's or of its wait for the
/// others.
void an_interruption_ends_it(int n_threads, Index n_tasks) {
  check_interrupt.store([] { throw Interrupted{}; });
  std::atomic<int> tiles{0};
  bool came_out = false;
  try {
    parallel_for(n_tasks, n_threads, [&](Index) {
      for_each_tile(0, 60'000 / n_tasks, 1, [&](Index, Index) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++tiles;
      });
    });
  } catch (const Interrupted&) {
    came_out = true;
  }
  check_interrupt.store(nullptr);
  check(came_out && tiles < 30'000, "interrupted after " + std::to_string(tiles));
  every_task_runs_once(n_threads);
}

/// The other task takes a minute, and the caller has none of its own any more. The caller
/// ends its task when the other thread is in one: on a busy machine it could take both
/// before that thread has begun.
void a_caller_that_waits_is_interrupted() {
  check_interrupt.store([] { throw Interrupted{}; });
  bool came_out = false;
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
    came_out = true;
  }
  check_interrupt.store(nullptr);
  check(came_out, "a waiting caller is interrupted");
}

void a_check_that_returns_changes_nothing(int n_threads) {
  static std::atomic<int> checks;
  checks = 0;
  check_interrupt.store([] {
    ++checks;
    parallel_for(3, 2, [](Index) { poll(); });  // a handler may use kernels itself
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
  check(n_threads > 2 || checks > 0, "the caller asked");
}

/// Where the system refuses threads a region has fewer, or one.
void fewer_threads_than_wanted() {
#ifdef LATENTIA_OPENMP
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    forked.store(false);  // it has had no region of its own
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = Index{1} << 20;  // nothing more
    const bool limited = setrlimit(RLIMIT_AS, &limit) == 0;
    const int team = possible_team(64);
    std::atomic<int> runs{0};
    parallel_for(64, 64, [&](Index) { ++runs; });
    _exit(limited && team < 64 && runs == 64 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "works with fewer threads");
#endif
}

/// 1 and 16 times 3/4 of the last digit of a float32: each alone would be rounded to 1
/// digit, together they are 12. Large enough to be worth seven threads.
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

/// The child of a process that has had threads works, on one.
void work_goes_on_after_a_fork() {
  every_task_runs_once(4);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // a child that waits for threads it does not have is ended
    failures = 0;
    every_task_runs_once(4);
    _exit(failures == 0 && max_threads() == 1 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a forked child works");
  check(!in_forked_child(), "the parent is no child");
  every_task_runs_once(4);
}

}  // namespace

void run() {
  fewer_threads_than_wanted();  // before there are threads
  for (const int n_threads : {1, 2, 7}) {
    every_task_runs_once(n_threads);
    the_first_exception_comes_out(n_threads);
    for (const Index n_tasks : {1, 3, 60}) an_interruption_ends_it(n_threads, n_tasks);
    a_check_that_returns_changes_nothing(n_threads);
  }
#ifdef LATENTIA_OPENMP
  a_caller_that_waits_is_interrupted();
#endif
  chunks_cover_the_rows();
  sums_keep_their_digits_and_bits();
  work_goes_on_after_a_fork();
}

}  // namespace latentia::testing
