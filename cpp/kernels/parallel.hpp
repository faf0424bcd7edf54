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

/// Parallel loops. This is the only file that uses OpenMP.
///
/// The shape of the data decides how work is split into tasks, not the number of
/// threads, and the sums of the tasks are added in the order of the tasks. Results
/// therefore have the same bits for every number of threads, and without OpenMP.
namespace latentia {

/// The number of threads that OMP_NUM_THREADS, omp_set_num_threads and the processor
/// affinity allow.
inline int max_threads() {
#ifdef LATENTIA_OPENMP
  return in_forked_child() ? 1 : omp_get_max_threads();
#else
  return 1;
#endif
}

/// How many threads, at most `n_threads`, make this much work faster. Callers estimate
/// the work: an exponential counts as several multiply-adds, and so does an entry that
/// is read from memory for few operations.
inline int useful_threads(Index multiply_adds, int n_threads) {
  // Of the order of 0.1 ms: waking a thread takes microseconds.
  constexpr Index multiply_adds_per_thread = Index{1} << 21;
  return static_cast<int>(std::max<Index>(
      1, std::min<Index>(multiply_adds / multiply_adds_per_thread, n_threads)));
}

/// More threads than processors only take memory, and no machine has more processors.
inline constexpr int max_team_size = 1024;

/// Calls body(task) for every task in [0, n_tasks). An exception must not leave an
/// OpenMP region: it is caught there, and the first one in task order is rethrown here.
template <typename Body>
void parallel_for(Index n_tasks, int n_threads, Body&& body) {
  InterruptState interrupt;
#ifdef LATENTIA_OPENMP
  const int wanted_threads =
      static_cast<int>(std::min<Index>({n_threads, n_tasks, max_team_size}));
  const int team_size = in_forked_child() ? 1 : possible_team_size(wanted_threads);
  if (team_size > 1) {
    // The last entry is for an interrupt while the caller waits for other threads.
    std::vector<std::exception_ptr> exceptions(static_cast<std::size_t>(n_tasks) + 1);
    std::atomic<Index> next_task{0}, unfinished_tasks{n_tasks};
#pragma omp parallel num_threads(team_size)
    {
      const bool is_caller = omp_get_thread_num() == 0;
      const RegionScope scope(interrupt, is_caller);
      // Allocates what a thread's first exception needs: std::bad_alloc needs it too,
      // when no memory is left.
      static_cast<void>(std::uncaught_exceptions());
      const auto run_catching = [&](Index task, auto&& work) {
        try {
          work();
        } catch (const Stopped&) {
          // The exception of `check_interrupt` is reported by the caller's thread.
        } catch (...) {
          exceptions[static_cast<std::size_t>(task)] = std::current_exception();
        }
      };
      for (Index task; (task = next_task.fetch_add(1)) < n_tasks;) {
        run_catching(task, [&] {
          poll();
          body(task);
        });
        unfinished_tasks.fetch_sub(1);
      }
      if (is_caller)
        run_catching(n_tasks, [&] { interrupt.wait_for(unfinished_tasks); });
    }
    for (const auto& exception : exceptions)
      if (exception) std::rethrow_exception(exception);
    return;
  }
#endif
  static_cast<void>(n_threads);
  const RegionScope scope(interrupt, true);
  for (Index task = 0; task < n_tasks; ++task) {
    poll();
    body(task);
  }
}

/// Calls visit(first row, count) for the rows [begin, end) in tiles of at most
/// `max_rows` rows.
template <typename Visit>
void for_each_tile(Index begin, Index end, Index max_rows, Visit&& visit) {
  for (Index i = begin; i < end; i += max_rows) {
    poll();
    visit(i, std::min(max_rows, end - i));
  }
}

/// Rows split into `count` chunks of nearly equal length.
struct Chunks {
  Index rows, count;

  Index begin(Index chunk) const { return rows * chunk / count; }
  Index end(Index chunk) const { return begin(chunk + 1); }

  /// Chunks with a separate sum of `bytes_per_chunk` each. A chunk has at least
  /// `min_rows` rows, unless it is the only one.
  static Chunks for_sums(Index rows, Index min_rows, Index bytes_per_chunk) {
    // 16 chunks keep the threads of a large machine busy. The sums of all chunks
    // together are limited to 32 MiB, so that they stay small next to the data.
    constexpr Index max_chunks = 16, max_bytes = Index{32} << 20;
    const Index by_rows = rows / std::max<Index>(min_rows, 1);
    const Index by_memory = max_bytes / std::max<Index>(bytes_per_chunk, 1);
    return {rows, std::clamp<Index>(std::min(by_rows, by_memory), 1, max_chunks)};
  }

  /// Chunks of at most `max_rows` rows, for work without sums over rows.
  static Chunks with_max_rows(Index rows, Index max_rows) {
    return {rows, std::max<Index>(1, (rows + max_rows - 1) / max_rows)};
  }
};

/// total = Σ_c partial[c], added in the order of c and in float64, so that the rounding
/// error does not grow with the number of chunks.
template <typename T, typename Out>
void sum_in_order(const std::vector<RowMatrix<T>>& partial, Out&& total,
                  int n_threads) {
  const Index cols = total.cols();
  const Chunks chunks = Chunks::with_max_rows(total.rows(), 1024);
  using Scalar = typename std::decay_t<Out>::Scalar;
  parallel_for(chunks.count, useful_threads(total.size() * 8, n_threads), [&](Index c) {
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
