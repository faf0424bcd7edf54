#include "../kernels/svd/gram.hpp"

#include "matrices.hpp"

namespace latentia::testing {
namespace {

template <typename Matrix>
RowMatrix<double> gram(const Matrix& a, const Mean<double>& mean, int n_threads) {
  RowMatrix<double> g(a.cols, a.cols);
  svd::gram(a, mean, {g.data(), a.cols, a.cols, Eigen::OuterStride<>(a.cols)},
            n_threads);
  return g;
}

/// The Gram matrix has the accuracy of float64 also for float32 data.
template <typename T, typename Matrix>
void agrees_with_plain_loops(const Matrix& view, const RowMatrix<T>& a,
                             const Mean<double>& mean, const std::string& what) {
  const BoundedSums centred = BoundedSums(a).centred(mean);
  const RowMatrix<double> g = gram(view, mean, 1);
  check_near<double>(g, centred.transpose() * centred, a.rows(), what);
  check(same_bits<double>(g, g.transpose()), "symmetric: " + what);
}

template <typename T>
void small_ones(const Shape& shape) {
  const auto [m, n, _] = shape;
  const RowMatrix<double> offset = random_matrix<double>(1, std::max(m, n), 3);
  const Mean<double> per_column{offset.data(), false}, per_row{offset.data(), true};
  const RowMatrix<T> a = random_matrix<T>(m, n, 1), holes = sparse_matrix<T>(m, n, 1);
  for (const Layout layout : layouts) {
    const DenseStorage<T> stored(a, layout);
    agrees_with_plain_loops<T>(stored.view, a, {}, shape.text());
    agrees_with_plain_loops<T>(stored.view, a, per_column,
                               shape.text() + ", one mean per column");
    agrees_with_plain_loops<T>(stored.view, a, per_row,
                               shape.text() + ", one mean per row");
  }
  const CsrStorage<T, std::int32_t> stored(holes);
  agrees_with_plain_loops<T>(stored.view, holes, {}, shape.text() + ", sparse");
  agrees_with_plain_loops<T>(stored.view, holes, per_column,
                             shape.text() + ", sparse, one mean per column");
  agrees_with_plain_loops<T>(stored.view, holes, per_row,
                             shape.text() + ", sparse, one mean per row");
}

template <typename Matrix>
void bits_do_not_depend_on_threads(const Matrix& view, const Mean<double>& mean) {
  const RowMatrix<double> one = gram(view, mean, 1);
  for (const int n_threads : {2, 7})
    check(same_bits(one, gram(view, mean, n_threads)),
          "the same bits with " + std::to_string(n_threads) + " threads");
}

}  // namespace

void run() {
  for (const Shape& shape : awkward) {
    if (shape.n > 100) continue;  // plain loops take n² steps per row
    small_ones<float>(shape);
    small_ones<double>(shape);
  }

  // Two groups of columns, several chunks of rows, and enough work for seven threads.
  const Index n = svd::columns_per_group + 33;
  const RowMatrix<float> a = random_matrix<float>(450, n, 1);
  const RowMatrix<double> mean = random_matrix<double>(1, n, 3);
  const DenseStorage<float> stored(a, Layout::by_rows);
  agrees_with_plain_loops<float>(stored.view, a, {mean.data(), false}, "wide");
  bits_do_not_depend_on_threads(stored.view, {mean.data(), false});
  const RowMatrix<double> holes = sparse_matrix<double>(450, n, 1);
  const CsrStorage<double, std::int64_t> sparse(holes);
  agrees_with_plain_loops<double>(sparse.view, holes, {mean.data(), false},
                                  "wide, sparse");
  bits_do_not_depend_on_threads(sparse.view, {mean.data(), false});
}

}  // namespace latentia::testing
