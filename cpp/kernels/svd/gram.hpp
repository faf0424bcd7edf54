#pragma once

#include "../parallel.hpp"
#include "../skinny/product.hpp"

/// The Gram matrix G = (A − 1·meanᵀ)ᵀ(A − 1·meanᵀ), n × n, or the same with one mean
/// per row. It is always computed in float64: its eigenvalues are squared singular
/// values, so in float32 every singular value below √ε = 3·10⁻⁴ of the largest would be
/// lost.
namespace latentia::svd {

/// Tasks are pairs of a chunk of rows of A and a group of columns of G: if G is large,
/// memory allows only a few chunks. A group is a whole number of strips wide.
constexpr Index columns_per_group = 256;

/// Rows of A that are converted to float64 and multiplied together.
constexpr Index tile_rows = 96;

/// G += tileᵀ·tile for the columns [begin, end) of G, on and below the diagonal.
inline void add_lower_triangle(const RowMatrix<double>& tile, Index count, Index begin,
                               Index end, RowMatrix<double>& g) {
  constexpr Index strip = 2 * skinny::Simd<double>::lanes;
  const Index ld = tile.cols();
  for (Index j = begin; j < end; j += strip) {
    const Index cols = std::min(strip, ld - j);
    const Dense<double> lower{tile.data() + j, g.rows() - j, count, 1, ld};
    skinny::multiply_add<double>(lower, cols, tile.data() + j, ld,
                                 g.data() + j * g.cols() + j, g.cols(),
                                 {tile.data() + j, ld});
  }
}

template <typename T>
void centre_tile(const Dense<T>& a, const Mean<double>& mean, Index first, Index count,
                 RowMatrix<double>& tile) {
  using Line = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>, Eigen::Unaligned,
                          Eigen::InnerStride<>>;
  using MeanLine = Eigen::Map<const Eigen::Array<double, 1, Eigen::Dynamic>>;
  for (Index i = 0; i < count; ++i) {
    auto row = tile.row(i).head(a.cols).array();
    row = Line(a.data + (first + i) * a.row_stride, a.cols,
               Eigen::InnerStride<>(a.col_stride))
              .template cast<double>();
    for (const double* part : {mean.data, mean.remainder}) {
      if (!part) continue;
      if (mean.per_row)
        row -= part[first + i];
      else
        row -= MeanLine(part, a.cols);
    }
  }
}

template <typename T>
void add_rows(const Dense<T>& a, const Mean<double>& mean, Index begin, Index end,
              Index col, Index col_end, RowMatrix<double>& g) {
  RowMatrix<double> tile =
      RowMatrix<double>::Zero(tile_rows, skinny::padded<double>(a.cols));
  for_each_tile(begin, end, tile_rows, [&](Index first, Index count) {
    centre_tile(a, mean, first, count, tile);
    add_lower_triangle(tile, count, col, col_end, g);
  });
}

/// The same for sparse rows, without the mean: `subtract_mean` corrects G afterwards.
template <typename T, typename I>
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

template <typename Matrix>
void gram(const Matrix& a, const Mean<double>& mean, MatrixView<double> g,
          int n_threads) {
  const Index n = a.cols, n_groups = (n + columns_per_group - 1) / columns_per_group;
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * tile_rows,
                                         n * n * static_cast<Index>(sizeof(double)));
  std::vector<RowMatrix<double>> partial(static_cast<std::size_t>(chunks.count));
  for (auto& sum : partial) sum.setZero(n, skinny::padded<double>(n));
  const int team_size = useful_threads(a.rows * n * n / 2, n_threads);
  parallel_for(chunks.count * n_groups, team_size, [&](Index task) {
    const Index chunk = task / n_groups, first = task % n_groups * columns_per_group;
    add_rows(a, mean, chunks.begin(chunk), chunks.end(chunk), first,
             std::min(n, first + columns_per_group),
             partial[static_cast<std::size_t>(chunk)]);
  });
  sum_in_order(partial, g, n_threads);
  subtract_mean(a, mean, g);
  g.template triangularView<Eigen::StrictlyUpper>() = g.transpose();
}

}  // namespace latentia::svd
