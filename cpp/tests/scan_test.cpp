#include "../kernels/scan/csr_structure.hpp"
#include "../kernels/scan/summary.hpp"

#include "matrices.hpp"

namespace latentia::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Σ (a − origin), Σ (a − origin)² and the largest |a| agree with plain loops.
template <typename T, typename Matrix>
void agrees_with_plain_loops(const Matrix& view, const RowMatrix<T>& a,
                             const RowMatrix<double>& origin, const std::string& what) {
  const scan::Summary got = scan::summary(view, origin.data(), 1);
  const Index m = a.rows(), n = a.cols();
  BoundedSums sum{RowMatrix<double>::Zero(1, n), RowMatrix<double>::Zero(1, n)},
      square = sum;
  double high = 0;
  for (Index i = 0; i < m; ++i)
    for (Index k = 0; k < n; ++k) {
      const double x = static_cast<double>(a(i, k)) - origin(0, k);
      sum.value(0, k) += x;
      sum.size(0, k) += std::abs(x);
      square.value(0, k) += x * x;
      square.size(0, k) += x * x;
      high = std::max(high, std::abs(static_cast<double>(a(i, k))));
    }
  check_near<double>(got.sum.matrix().transpose(), sum, m, "sum: " + what);
  check_near<double>(got.square.matrix().transpose(), square, m, "square: " + what);
  check(got.max_abs == high, "max_abs: " + what);
  check(got.nonfinite_row == -1 && got.nonfinite_col == -1, "all finite: " + what);
}

template <typename T>
void small_ones(const Shape& shape) {
  const auto [m, n, _] = shape;
  const RowMatrix<T> a = random_matrix<T>(m, n, 1), holes = sparse_matrix<T>(m, n, 1);
  const RowMatrix<double> origin = random_matrix<double>(1, n, 3);
  for (const Layout layout : layouts)
    agrees_with_plain_loops<T>(DenseStorage<T>(a, layout).view, a, origin,
                               shape.text());
  const RowMatrix<double> zero = RowMatrix<double>::Zero(1, n);
  for (const RowMatrix<double>& about : {origin, zero})
    agrees_with_plain_loops<T>(CsrStorage<T, std::int32_t>(holes).view, holes, about,
                               shape.text() + ", sparse");
}

/// The first NaN or infinite entry in row order is reported.
template <typename T>
void the_first_nonfinite_entry_is_found(double nonfinite) {
  RowMatrix<T> a = random_matrix<T>(300, 11, 1);
  a(299, 0) = a(212, 4) = a(150, 10) = a(150, 7) = static_cast<T>(nonfinite);
  const RowMatrix<double> origin = RowMatrix<double>::Zero(1, 11);
  const auto named = [](const scan::Summary& s) {
    return s.nonfinite_row == 150 && s.nonfinite_col == 7;
  };
  for (const Layout layout : layouts)
    check(named(scan::summary(DenseStorage<T>(a, layout).view, origin.data(), 2)),
          "dense");
  check(named(scan::summary(CsrStorage<T, std::int32_t>(a).view, origin.data(), 2)),
        "sparse");
}

/// Squares of finite numbers may overflow. The entries are finite nevertheless.
void large_is_not_infinite() {
  const RowMatrix<double> a = RowMatrix<double>::Constant(9, 5, 1e200);
  const RowMatrix<double> origin = RowMatrix<double>::Zero(1, 5);
  const scan::Summary got =
      scan::summary(DenseStorage<double>(a, Layout::by_rows).view, origin.data(), 1);
  check(got.nonfinite_row == -1 && got.max_abs == 1e200, "1e200 is finite");
}

void malformed_rows_are_found() {
  using View = Csr<float, std::int32_t>;
  const float value[] = {1, 2, 3, 4};
  struct Case {
    std::int32_t row_start[4], column[4];
    Index malformed_row;
    bool canonical;
  };
  const Case cases[] = {
      {{0, 2, 2, 4}, {0, 4, 1, 2}, -1, true},   // row 1 is empty
      {{0, 2, 2, 4}, {4, 0, 1, 2}, -1, false},  // not sorted
      {{0, 2, 2, 4}, {0, 4, 2, 2}, -1, false},  // stored twice
      {{1, 2, 2, 4}, {0, 4, 1, 2}, 0, false},   // does not start at 0
      {{0, 3, 2, 4}, {0, 1, 2, 2}, 1, false},   // decreases
      {{0, 2, 2, 5}, {0, 4, 1, 2}, 2, false},   // ends after the last entry
      {{0, 2, 2, 4}, {0, 5, 1, 2}, 0, false},   // column 5, allowed are 0 to 4
      {{0, 2, 2, 4}, {0, 4, -1, 2}, 2, false},  // column -1
  };
  for (const Case& c : cases) {
    const scan::CsrStructure form =
        scan::csr_structure(View{3, 5, c.row_start, c.column, value}, 4);
    check(form.malformed_row == c.malformed_row &&
              (c.malformed_row >= 0 || form.canonical == c.canonical),
          "case " + std::to_string(&c - cases));
  }
}

}  // namespace

void run() {
  for (const Shape& shape : awkward) {
    small_ones<float>(shape);
    small_ones<double>(shape);
  }
  for (const double nonfinite : {nan, inf, -inf}) {
    the_first_nonfinite_entry_is_found<float>(nonfinite);
    the_first_nonfinite_entry_is_found<double>(nonfinite);
  }
  large_is_not_infinite();
  malformed_rows_are_found();
}

}  // namespace latentia::testing
