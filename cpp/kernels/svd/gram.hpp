#pragma once

#include <cmath>

#include "outer_product.hpp"

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

/// The same for sparse rows, without the mean: `subtract_mean` corrects G afterwards.
template <typename S, typename T, typename I>
void add_rows(const Csr<T, I>& a, const Mean<double>& /*mean*/, Index begin, Index end,
              Index col, Index col_end, RowMatrix<double>& g) {
  for_each_tile(begin, end, tile_rows, [&](Index first, Index count) {
    for (Index i = first; i < first + count; ++i)
      for (Index q = a.row_start[i]; q < a.row_start[i + 1]; ++q) {
        const Index j = a.column[q];
        if (j < col || j >= col_end) continue;
        const double factor = static_cast<double>(a.value[q]);
        for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p) {
          const Index k = a.column[p];
          if (j <= k) g(k, j) += factor * static_cast<double>(a.value[p]);
        }
      }
  });
}

template <typename T>
void subtract_mean(const Dense<T>&, const Mean<double>&, MatrixView<double>&) {}

/// (A − r·cᵀ)ᵀ(A − r·cᵀ) = AᵀA − s·cᵀ − c·sᵀ + (rᵀr)·c·cᵀ with s = Aᵀr. One of the
/// vectors r and c is the mean, the other is 1.
template <typename T, typename I>
void subtract_mean(const Csr<T, I>& a, const Mean<double>& mean,
                   MatrixView<double>& g) {
  if (!mean) return;
  Eigen::VectorXd r = Eigen::VectorXd::Ones(a.rows), c = Eigen::VectorXd::Ones(a.cols);
  Eigen::VectorXd& mean_side = mean.per_row ? r : c;
  for (Index i = 0; i < mean_side.size(); ++i) mean_side[i] = mean[i];
  Eigen::VectorXd s = Eigen::VectorXd::Zero(a.cols);
  for (Index i = 0; i < a.rows; ++i)
    for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p)
      s[a.column[p]] += r[i] * static_cast<double>(a.value[p]);
  g -= s * c.transpose() + c * (s - r.squaredNorm() * c).transpose();
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

template <typename S, typename Matrix>
void gram(const Matrix& a, const Mean<double>& mean, MatrixView<double> g,
          int n_threads) {
  const Index n = a.cols;
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * tile_rows,
                                         n * n * static_cast<Index>(sizeof(double)));
  const int team_size = useful_threads(a.rows * n * n / 2, n_threads);
  // Tasks are pairs of a chunk of rows and a group of columns of G. Where memory allows
  // only a few chunks, there are several groups. They read the same rows again, but the
  // bits do not depend on them: an entry of G is summed by chunk and by tile.
  const Index n_groups =
      chunks.count % team_size == 0
          ? 1
          : std::min<Index>((3 * team_size + chunks.count - 1) / chunks.count,
                            std::max<Index>(n / 128, 1));
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
  subtract_mean(a, mean, g);
  g.template triangularView<Eigen::StrictlyUpper>() = g.transpose();
}

}  // namespace latentia::svd
