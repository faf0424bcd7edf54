#pragma once

#include <cmath>

#include "outer_product.hpp"
#include "sparse_gram.hpp"

/// The Gram matrix G = (A − 1·meanᵀ)ᵀ(A − 1·meanᵀ), n × n, or the same with one mean
/// per row, in float64. Products are computed in S.
///
/// The eigenvalues of G are squared singular values: with S = float64 singular values
/// down to 10⁻⁸ of the largest are known. With S = float32 an entry (i, j) is off by
/// about ε·√(Gᵢᵢ·Gⱼⱼ), and products take half the time.
namespace latentia::svd {

/// Adds the rows [begin, end) to the columns [col, col_end) of G. `col` is a multiple
/// of a panel's width.
template <typename S, typename T>
void add_rows(const Dense<T>& a, const Mean<double>& mean, Index begin, Index end,
              Index col, Index col_end, RowMatrix<double>& g) {
  PackedTile<S> tile(col, a.cols);
  for_each_tile(begin, end, tile_rows, [&](Index first, Index count) {
    tile.read(a, mean, first, count);
    add_lower_triangle(tile, count, a.cols, col, col_end, g);
  });
}

/// Calls visit(B, C, on diagonal) for square blocks B on and below the diagonal of G
/// and their mirror images C: both lie in L1. On the diagonal they are the same.
template <typename Visit>
void for_each_mirrored_pair(MatrixView<double>& g, int n_threads, Visit&& visit) {
  constexpr Index side = 32;
  const Index n = g.rows();
  const Chunks blocks = Chunks::with_max_rows(n, side);
  parallel_for(blocks.count, useful_threads(n * n, n_threads), [&](Index c) {
    const Index i = blocks.begin(c), rows = blocks.end(c) - i;
    for (Index d = 0; d <= c; ++d) {
      const Index j = blocks.begin(d), cols = blocks.end(d) - j;
      visit(g.block(i, j, rows, cols), g.block(j, i, cols, rows), c == d);
    }
  });
}

/// Copies the lower triangle of G into the upper one.
inline void mirror_lower_triangle(MatrixView<double> g, int n_threads) {
  for_each_mirrored_pair(g, n_threads, [](auto lower, auto upper, bool on_diagonal) {
    if (on_diagonal)
      upper.template triangularView<Eigen::StrictlyUpper>() = lower.transpose();
    else
      upper = lower.transpose();
  });
}

/// G += Gᵀ
inline void add_transpose(MatrixView<double> g, int n_threads) {
  for_each_mirrored_pair(g, n_threads, [](auto lower, auto upper, bool on_diagonal) {
    if (on_diagonal) {
      lower += lower.transpose().eval();
    } else {
      lower += upper.transpose();
      upper = lower.transpose();
    }
  });
}

/// (A − r·cᵀ)ᵀ(A − r·cᵀ) = AᵀA − s·cᵀ − c·sᵀ + (rᵀr)·c·cᵀ with s = Aᵀr. One of the
/// vectors r and c is the mean, the other is 1.
template <typename T, typename I>
void subtract_mean(const Csr<T, I>& a, const Mean<double>& mean, MatrixView<double>& g,
                   int n_threads) {
  if (!mean) return;
  Eigen::VectorXd r = Eigen::VectorXd::Ones(a.rows), c = Eigen::VectorXd::Ones(a.cols);
  Eigen::VectorXd& mean_side = mean.per_row ? r : c;
  for (Index i = 0; i < mean_side.size(); ++i) mean_side[i] = mean[i];
  Eigen::VectorXd s = Eigen::VectorXd::Zero(a.cols);
  for (Index i = 0; i < a.rows; ++i)
    for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p)
      s[a.column[p]] += r[i] * static_cast<double>(a.value[p]);
  g -= s * c.transpose() + c * (s - r.squaredNorm() * c).transpose();
  mirror_lower_triangle(g, n_threads);  // they are rounded differently
}

/// The first column of a group of columns of G: groups have equal areas of the
/// triangle.
template <typename S>
Index first_column(Index group, Index n_groups, Index n) {
  if (group == n_groups) return n;
  const double left = 1 - static_cast<double>(group) / static_cast<double>(n_groups);
  const auto col = static_cast<Index>(static_cast<double>(n) * (1 - std::sqrt(left)));
  return col / GramBlock<S>::width * GramBlock<S>::width;
}

template <typename S, typename T>
void gram(const Dense<T>& a, const Mean<double>& mean, MatrixView<double> g,
          int n_threads) {
  const Index n = a.cols;
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * tile_rows,
                                         n * n * static_cast<Index>(sizeof(double)));
  const int team_size = useful_threads(a.rows * n * n / 2, n_threads);
  const Index n_groups = groups_of_g(n, chunks.count, team_size);
  std::vector<RowMatrix<double>> partial(static_cast<std::size_t>(chunks.count));
  parallel_for(chunks.count, team_size, [&](Index c) {
    partial[static_cast<std::size_t>(c)].setZero(GramBlock<S>::padded_rows(n),
                                                 skinny::padded<S>(n));
  });
  parallel_for(chunks.count * n_groups, team_size, [&](Index task) {
    const Index c = task / n_groups, group = task % n_groups;
    add_rows<S>(
        a, mean, chunks.begin(c), chunks.end(c), first_column<S>(group, n_groups, n),
        first_column<S>(group + 1, n_groups, n), partial[static_cast<std::size_t>(c)]);
  });
  sum_in_order(partial, g, n_threads);
  mirror_lower_triangle(g, n_threads);
}

template <typename S, typename T, typename I>
void gram(const Csr<T, I>& a, const Mean<double>& mean, MatrixView<double> g,
          int n_threads) {
  half_gram(a, g, n_threads);
  add_transpose(g, n_threads);
  subtract_mean(a, mean, g, n_threads);
}

}  // namespace latentia::svd
