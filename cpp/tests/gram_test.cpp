#include "../kernels/svd/gram.hpp"

#include "matrices.hpp"

namespace latentia::testing {
namespace {

template <typename S, typename Matrix>
RowMatrix<double> gram(const Matrix& a, const Mean<double>& mean, int n_threads) {
  RowMatrix<double> g(a.cols, a.cols);
  svd::gram<S>(a, mean, {g.data(), a.cols, a.cols, Eigen::OuterStride<>(a.cols)},
               n_threads);
  return g;
}

/// Products of S = float64 have its accuracy, also for float32 data.
template <typename S, typename T, typename Matrix>
void agrees_with_plain_loops(const Matrix& view, const RowMatrix<T>& a,
                             const Mean<double>& mean, const std::string& what) {
  const BoundedSums centred = BoundedSums(a).centred(mean);
  const RowMatrix<double> g = gram<S>(view, mean, 1);
  check_near<S>(g.template cast<S>(), centred.transpose() * centred, a.rows(), what);
  check(same_bits<double>(g, g.transpose()), "symmetric: " + what);
}

/// The same with products of float32, for dense float32 data.
template <typename T>
void agrees_in_both_precisions(const Dense<T>& view, const RowMatrix<T>& a,
                               const Mean<double>& mean, const std::string& what) {
  agrees_with_plain_loops<double, T>(view, a, mean, what);
  if constexpr (std::is_same_v<T, float>)
    agrees_with_plain_loops<float, T>(view, a, mean, "in float32: " + what);
}

template <typename T>
void small_ones(const Shape& shape) {
  const auto [m, n, _] = shape;
  const RowMatrix<double> offset = random_matrix<double>(1, std::max(m, n), 3);
  const Mean<double> per_column{offset.data(), false}, per_row{offset.data(), true};
  const RowMatrix<T> a = random_matrix<T>(m, n, 1), holes = sparse_matrix<T>(m, n, 1);
  for (const Layout layout : layouts) {
    const DenseStorage<T> stored(a, layout);
    agrees_in_both_precisions<T>(stored.view, a, {}, shape.text());
    agrees_in_both_precisions<T>(stored.view, a, per_column,
                                 shape.text() + ", one mean per column");
    agrees_in_both_precisions<T>(stored.view, a, per_row,
                                 shape.text() + ", one mean per row");
  }
  const CsrStorage<T, std::int32_t> stored(holes);
  agrees_with_plain_loops<double, T>(stored.view, holes, {}, shape.text() + ", sparse");
  agrees_with_plain_loops<double, T>(stored.view, holes, per_column,
                                     shape.text() + ", sparse, one mean per column");
  agrees_with_plain_loops<double, T>(stored.view, holes, per_row,
                                     shape.text() + ", sparse, one mean per row");
}

template <typename S, typename Matrix>
void bits_do_not_depend_on_threads(const Matrix& view, const Mean<double>& mean) {
  const RowMatrix<double> one = gram<S>(view, mean, 1);
  for (const int n_threads : {2, 7})
    check(same_bits(one, gram<S>(view, mean, n_threads)),
          "the same bits with " + std::to_string(n_threads) + " threads");
}

}  // namespace

void run() {
  for (const Shape& shape : awkward) {
    if (shape.n > 100) continue;  // plain loops take n² steps per row
    small_ones<float>(shape);
    small_ones<double>(shape);
  }

  // Several groups of rows of G, several chunks and tiles, and enough work for seven
  // threads.
  const Index n = svd::rows_of_g_per_group + 33, m = 1100;
  const RowMatrix<float> a = random_matrix<float>(m, n, 1);
  const RowMatrix<double> mean = random_matrix<double>(1, n, 3);
  const Mean<double> per_column{mean.data(), false};
  for (const Layout layout : {Layout::by_rows, Layout::by_columns}) {
    const DenseStorage<float> stored(a, layout);
    agrees_in_both_precisions<float>(stored.view, a, per_column, "wide");
    bits_do_not_depend_on_threads<float>(stored.view, per_column);
    bits_do_not_depend_on_threads<double>(stored.view, per_column);
  }
  // Sparse rows that are added as they come, and columns of many rows.
  for (const Index cols : {n, svd::most_columns_by_rows + 1}) {
    const RowMatrix<double> holes = sparse_matrix<double>(m, cols, 1);
    const CsrStorage<double, std::int64_t> sparse(holes);
    const RowMatrix<double> offset = random_matrix<double>(1, cols, 3);
    const Mean<double> means{offset.data(), false};
    agrees_with_plain_loops<double, double>(sparse.view, holes, means, "wide, sparse");
    bits_do_not_depend_on_threads<double>(sparse.view, means);
  }
}

}  // namespace latentia::testing
