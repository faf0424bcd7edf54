#pragma once

#include <numeric>
#include <optional>

#include "cholesky.hpp"
#include "conjugate_gradient.hpp"
#include "subspace.hpp"

/// Half an iteration of alternating least squares: the factors of all rows of A, with
/// those of its columns fixed. The other half is the same with the transpose of A.
namespace latentia::als {

/// Rows split where about 1/256 of the entries, plus the same cost for every row, end.
/// The split depends on the data alone, so the sum of the objective does too.
template <typename Offsets>
std::vector<Index> balanced_chunks(const Offsets& row_start, Index rows) {
  const Index average = rows > 0 ? row_start[rows] / rows + 1 : 1;
  const Index most = std::max<Index>(1, (row_start[rows] + rows * average) / 256);
  std::vector<Index> begin{0};
  for (Index i = 0, cost = 0; i < rows; ++i) {
    cost += row_start[i + 1] - row_start[i] + average;
    if (cost >= most || i + 1 == rows) begin.push_back(i + 1), cost = 0;
  }
  return begin;
}

/// The factors that the rows of a tile read stay in the cache of the core while the
/// solver reads them again. So many bytes leave room for G.
inline constexpr Index tile_bytes = 384 << 10;

/// The end of the tile that begins at row i: at most `last`, and with at most `entries`
/// entries unless it is one row.
template <typename Offsets>
Index tile_end(const Offsets& row_start, Index i, Index last, Index entries) {
  Index end = i + 1;
  while (end < last && row_start[end + 1] - row_start[i] <= entries) ++end;
  return end;
}

/// Calls solver.solve for all rows in tiles; returns Σ f(x), summed in order.
template <typename T, typename Offsets, typename MakeSolver>
double solve_rows(MatrixView<T>& x, const Offsets& row_start,
                  const std::vector<Index>& begin, Index padded_k, Index multiply_adds,
                  int n_threads, MakeSolver&& make_solver) {
  const std::size_t n_chunks = begin.size() - 1;
  std::vector<double> objective(n_chunks);
  const int team_size = useful_threads(multiply_adds, n_threads);
  parallel_for(static_cast<Index>(n_chunks), team_size, [&](Index chunk) {
    const auto c = static_cast<std::size_t>(chunk);
    auto solver = make_solver();
    const Index tile_rows = solver.tile_rows();
    RowMatrix<T> tile = RowMatrix<T>::Zero(tile_rows, padded_k);
    const Index entries = tile_bytes / (padded_k * static_cast<Index>(sizeof(T)));
    for (Index i = begin[c], end; i < begin[c + 1]; i = end) {
      poll();
      end = tile_end(row_start, i, std::min(begin[c + 1], i + tile_rows), entries);
      const Index count = end - i;
      tile.topLeftCorner(count, x.cols()) = x.middleRows(i, count);
      objective[c] += solver.solve(i, count, tile);
      x.middleRows(i, count) = tile.topLeftCorner(count, x.cols());
    }
  });
  return std::accumulate(objective.begin(), objective.end(), 0.0);
}

/// How a row is solved: exactly, by blocks of `size` coordinates, or by `count` steps
/// of conjugate gradients.
struct Exact {
} inline constexpr exact;
struct Blocks {
  int size;
};
struct Steps {
  int count;
};

/// Solves the rows of a tile one after the other.
template <typename RowSolver>
struct RowByRow {
  RowSolver solver;

  Index tile_rows() const { return 16; }

  template <typename T>
  double solve(Index begin, Index count, RowMatrix<T>& x) {
    double objective = 0;
    for (Index i = 0; i < count; ++i)
      objective += solver.solve_row(begin + i, x.row(i).data());
    return objective;
  }
};

template <typename T, typename Loss>
auto solver_for(Exact, const LeastSquares<T, Loss>& problem, Index k) {
  return RowByRow<Cholesky<T, Loss>>{{problem, k}};
}
template <typename T, typename Loss>
auto solver_for(Blocks blocks, const LeastSquares<T, Loss>& problem, Index k) {
  return RowByRow<Subspace<T, Loss>>{{problem, k, blocks.size}};
}
template <typename T, typename Loss>
auto solver_for(Steps steps, const LeastSquares<T, Loss>& problem, Index /*k*/) {
  return ConjugateGradient<T, Loss>(problem, steps.count);
}

/// Updates x (rows of A × k) in place. `gram` is G or, for conjugate gradients alone,
/// its diagonal as one row. Returns the loss, with the penalty of x.
template <typename T, typename Loss, typename Solver>
double half_iteration(const Loss& loss, MatrixView<T> x, const ConstMatrixView<T>& y,
                      const ConstMatrixView<T>& gram, std::span<const T> ridge,
                      const std::optional<ConstMatrixView<T>>& prior, Solver solver,
                      int n_threads) {
  const Index k = y.cols(), padded_k = padded<T>(k);
  const RowMatrix<T> padded_y = skinny::pad_columns<T>(y);
  const bool is_diagonal = gram.rows() < k;
  RowMatrix<T> padded_gram = RowMatrix<T>::Zero(is_diagonal ? 1 : padded_k, padded_k);
  padded_gram.topLeftCorner(gram.rows(), k) = gram;
  std::optional<RowMatrix<T>> padded_prior;
  if (prior) padded_prior = skinny::pad_columns<T>(*prior);
  const LeastSquares<T, Loss> problem{loss, padded_y, padded_gram, ridge,
                                      padded_prior ? &*padded_prior : nullptr};
  const std::vector<Index> chunks = balanced_chunks(loss.a.row_start, loss.a.rows);
  const Index n_entries = loss.a.row_start[loss.a.rows];
  const Index work =
      4 * n_entries * padded_k + loss.a.rows * padded_k * padded_gram.rows();
  return solve_rows<T>(x, loss.a.row_start, chunks, padded_k, work, n_threads,
                       [&] { return solver_for(solver, problem, k); });
}

}  // namespace latentia::als
