#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <vector>

#include "interrupt.hpp"
#include "matrix.hpp"
#include "threads.hpp"

#ifdef LATENTIA_OPENMP
#include <omp.h>
#endif

/// The only OpenMP of the project.
///
/// Work is cut into tasks by the shape of the data, never by the number of threads, and
/// the tasks' sums are added in the order of the tasks: so the same bits come out for
/// every thread count, with and without OpenMP.
namespace latentia {

/// What OMP_NUM_THREADS, omp_set_num_threads and the processor affinity allow.
inline int max_threads() {
#ifdef LATENTIA_OPENMP
  return in_forked_child() ? 1 : omp_get_max_threads();
#else
  return 1;
#endif
}

/// Threads that `multiply_adds` of work are worth: waking one takes microseconds.
inline int worth(Index multiply_adds, int n_threads) {
  constexpr Index least = Index{1} << 21;
  return static_cast<int>(
      std::max<Index>(1, std::min<Index>(multiply_adds / least, n_threads)));
}

/// More threads than any machine has: nothing is gained by more, and each takes memory.
inline constexpr int most_threads = 1024;

/// body(task) for every task in [0, n_tasks). The first exception by task order is
/// thrown again here: none may leave an OpenMP region.
template <typename Body>
void parallel_for(Index n_tasks, int n_threads, Body&& body) {
  Watch watch;
#ifdef LATENTIA_OPENMP
  const int wanted =
      static_cast<int>(std::min<Index>({n_threads, n_tasks, most_threads}));
  const int team = in_forked_child() ? 1 : possible_team(wanted);
  if (team > 1) {
    // The last one is the interruption of a caller that waits.
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(n_tasks) + 1);
    std::atomic<Index> next{0}, unfinished{n_tasks};
#pragma omp parallel num_threads(team)
    {
      const bool is_caller = omp_get_thread_num() == 0;
      const InRegion here(watch, is_caller);
      // A thread's first exception takes memory, and none may be left when it comes.
      static_cast<void>(std::uncaught_exceptions());
      const auto attempt = [&](Index task, auto&& work) {
        try {
          work();
        } catch (const Stopped&) {
          // The caller has the reason.
        } catch (...) {
          failures[static_cast<std::size_t>(task)] = std::current_exception();
        }
      };
      for (Index task; (task = next.fetch_add(1)) < n_tasks;) {
        attempt(task, [&] {
          poll();
          body(task);
        });
        unfinished.fetch_sub(1);
      }
      if (is_caller) attempt(n_tasks, [&] { watch.wait_for(unfinished); });
    }
    for (const auto& failure : failures)
      if (failure) std::rethrow_exception(failure);
    return;
  }
#endif
  static_cast<void>(n_threads);
  const InRegion here(watch, true);
  for (Index task = 0; task < n_tasks; ++task) {
    poll();
    body(task);
  }
}

/// visit(first row, count) for every tile of at most `most` rows of a run.
template <typename Visit>
void for_each_tile(Index begin, Index end, Index most, Visit&& visit) {
  for (Index i = begin; i < end; i += most) {
    poll();
    visit(i, std::min(most, end - i));
  }
}

/// Rows cut into `count` runs of nearly equal length.
struct Chunks {
  Index rows, count;

  Index begin(Index chunk) const { return rows * chunk / count; }
  Index end(Index chunk) const { return begin(chunk + 1); }

  /// Enough runs to keep the threads of a large machine busy, each at least
  /// `least_rows` long, and no more than `bytes_each` of sums apiece fit in 32 MiB.
  static Chunks for_sums(Index rows, Index least_rows, Index bytes_each) {
    constexpr Index most = 16, budget = Index{32} << 20;
    const Index by_rows = rows / std::max<Index>(least_rows, 1);
    const Index by_memory = budget / std::max<Index>(bytes_each, 1);
    return {rows, std::clamp<Index>(std::min(by_rows, by_memory), 1, most)};
  }

  /// Runs of at most `most_rows`, for work whose rows do not meet in a sum.
  static Chunks of_rows(Index rows, Index most_rows) {
    return {rows, std::max<Index>(1, (rows + most_rows - 1) / most_rows)};
  }
};

/// total = Σ partial[c], added in the order of c and in float64: row runs flow together
/// here, and their number must not cost digits.
template <typename T, typename Out>
void sum_in_order(const std::vector<RowMatrix<T>>& partial, Out&& total,
                  int n_threads) {
  const Index cols = total.cols();
  const Chunks chunks = Chunks::of_rows(total.rows(), 1024);
  using Scalar = typename std::decay_t<Out>::Scalar;
  parallel_for(chunks.count, worth(total.size() * 8, n_threads), [&](Index c) {
    Eigen::Array<double, 1, Eigen::Dynamic> sum(cols);
    for (Index i = chunks.begin(c); i < chunks.end(c); ++i) {
      sum = partial[0].row(i).head(cols).array().template cast<double>();
      for (std::size_t p = 1; p < partial.size(); ++p)
        sum += partial[p].row(i).head(cols).array().template cast<double>();
      total.row(i) = sum.matrix().template cast<Scalar>();
    }
  });
}

}  // namespace latentia
