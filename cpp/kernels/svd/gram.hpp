#pragma once

#include "../parallel.hpp"
#include "../skinny/product.hpp"

/// G = (A − 1·meanᵀ)ᵀ(A − 1·meanᵀ), n × n (or with a mean a row), always in
/// float64: a float32 Gram matrix has lost every singular value below 3·10⁻⁴ of the
/// largest, a float64 one of float32 data has lost none.
namespace latentia::svd {

/// The columns of G are shared out as well as the rows of A: a large G leaves room for
/// few row runs. A group is a whole number of strips wide.
constexpr Index column_group = 256;

/// G += tileᵀ·tile for the columns [begin, end) of G, on and below the diagonal.
inline void add_lower(const RowMatrix<double>& tile, Index count, Index begin,
                      Index end, RowMatrix<double>& g) {
  constexpr Index strip = 2 * skinny::Simd<double>::lanes;
  const Index ld = tile.cols();
  for (Index j = begin; j < end; j += strip) {
    const Index cols = std::min(strip, ld - j);
    const Dense<double> below{tile.data() + j, g.rows() - j, count, 1, ld};
    skinny::multiply_add<double>(below, cols, tile.data() + j, ld,
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
    for (const double* part : {mean.data, mean.rest}) {
      if (!part) continue;
      if (mean.of_rows)
        row -= part[first + i];
      else
        row -= MeanLine(part, a.cols);
    }
  }
}

template <typename T>
void add_rows(const Dense<T>& a, const Mean<double>& mean, Index begin, Index end,
              Index col, Index col_end, RowMatrix<double>& g) {
  constexpr Index most = 96;
  RowMatrix<double> tile =
      RowMatrix<double>::Zero(most, skinny::padded<double>(a.cols));
  for_each_tile(begin, end, most, [&](Index first, Index count) {
    centre_tile(a, mean, first, count, tile);
    add_lower(tile, count, col, col_end, g);
  });
}

/// Sparse rows are not filled in: the mean is taken off at the end.
template <typename T, typename I>
void add_rows(const Csr<T, I>& a, const Mean<double>& /*mean*/, Index begin, Index end,
              Index col, Index col_end, RowMatrix<double>& g) {
  for_each_tile(begin, end, 96, [&](Index first, Index count) {
    for (Index i = first; i < first + count; ++i)
      for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p)
        for (Index q = a.row_start[i]; q < a.row_start[i + 1]; ++q) {
          const Index k = a.column[p], j = a.column[q];
          if (col <= j && j < col_end && j <= k)
            g(k, j) +=
                static_cast<double>(a.value[p]) * static_cast<double>(a.value[q]);
        }
  });
}

template <typename T>
void finish(const Dense<T>&, const Mean<double>&, NarrowOut<double>&) {}

/// (A − r·cᵀ)ᵀ(A − r·cᵀ) = AᵀA − s·cᵀ − c·sᵀ + (rᵀr)·c·cᵀ, s = Aᵀr, where one of r and
/// c is the mean and the other is 1.
template <typename T, typename I>
void finish(const Csr<T, I>& a, const Mean<double>& mean, NarrowOut<double>& g) {
  if (!mean) return;
  Eigen::VectorXd r = Eigen::VectorXd::Ones(a.rows), c = Eigen::VectorXd::Ones(a.cols);
  Eigen::VectorXd& both = mean.of_rows ? r : c;
  for (Index i = 0; i < both.size(); ++i) both[i] = mean[i];
  Eigen::VectorXd s = Eigen::VectorXd::Zero(a.cols);
  for (Index i = 0; i < a.rows; ++i)
    for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p)
      s[a.column[p]] += r[i] * static_cast<double>(a.value[p]);
  g -= s * c.transpose() + c * (s - r.squaredNorm() * c).transpose();
}

template <typename Matrix>
void gram(const Matrix& a, const Mean<double>& mean, NarrowOut<double> g,
          int n_threads) {
  const Index n = a.cols, groups = (n + column_group - 1) / column_group;
  const Chunks chunks =
      Chunks::for_sums(a.rows, 192, n * n * static_cast<Index>(sizeof(double)));
  std::vector<RowMatrix<double>> partial(static_cast<std::size_t>(chunks.count));
  for (auto& sum : partial) sum.setZero(n, skinny::padded<double>(n));
  const int team = worth(a.rows * n * n / 2, n_threads);
  parallel_for(chunks.count * groups, team, [&](Index task) {
    const Index run = task / groups, first = task % groups * column_group;
    add_rows(a, mean, chunks.begin(run), chunks.end(run), first,
             std::min(n, first + column_group), partial[static_cast<std::size_t>(run)]);
  });
  sum_in_order(partial, g, n_threads);
  finish(a, mean, g);
  g.template triangularView<Eigen::StrictlyUpper>() = g.transpose();
}

}  // namespace latentia::svd
