#include "../kernels/nmf/sparse_divergence.hpp"

#include "divergences.hpp"

namespace latentia::testing {
namespace {

using nmf::Penalty;

template <typename T>
RowMatrix<double> all_of(const RowMatrix<T>& a) {
  return RowMatrix<double>::Ones(a.rows(), a.cols());
}

template <typename T, typename Matrix>
void dense_agrees(const Matrix& view, const DivergenceCase<T>& example,
                  const std::string& what) {
  const FactorSlice<T> ht(example.ht), w(example.w);
  const nmf::Divergence<T> measure = example.measure();
  pass_agrees(example, example.beta != 1, what,
              [&](MatrixView<T> factor, MatrixView<T>* numerator,
                  MatrixView<T>* denominator, Penalty<T> penalty) {
                nmf::Workspace<T> workspace;
                return nmf::dense_divergence_pass<T>(view, factor, ht.in(), measure,
                                                     penalty, numerator, denominator,
                                                     workspace, 1);
              });
  check_value<T>(nmf::dense_divergence<T>(view, w.in(), ht.in(), measure, 1),
                 example.plain(), example.w.cols(), "value alone: " + what);
}

/// Kullback-Leibler, which needs only the stored entries.
template <typename T, typename I>
void sparse_agrees(const Csr<T, I>& view, const DivergenceCase<T>& example,
                   const std::string& what) {
  const FactorSlice<T> ht(example.ht), w(example.w);
  const nmf::Divergence<T> measure = example.measure();
  const TransposedCsr transposed(view);
  for (const Csr<T, I>* at : {static_cast<const Csr<T, I>*>(nullptr), &transposed.view})
    pass_agrees(example, false, what + (at ? ", At" : ""),
                [&](MatrixView<T> factor, MatrixView<T>* numerator,
                    MatrixView<T>* denominator, Penalty<T> penalty) {
                  nmf::Workspace<T> workspace;
                  return nmf::sparse_divergence_pass<T, I>(
                      view, at, false, factor, ht.in(), measure, penalty, numerator,
                      denominator, workspace, 1);
                });
  check_value<T>(nmf::sparse_divergence<T, I>(view, false, w.in(), ht.in(), measure, 1),
                 example.plain(), example.w.cols(), "value alone: " + what);
}

/// A may have zeros only if β > 0; factors may have zeros for every β.
template <typename T, typename I>
void of_shape(const Shape& shape) {
  const auto [m, n, k] = shape;
  const RowMatrix<T> dense = positive_matrix<T>(m, n, 1),
                     holes = rare_matrix<T>(m, n, 1);
  std::size_t turn = 0;
  for (const double beta : betas) {
    DivergenceCase<T> example{dense, all_of(dense), positive_matrix<T>(m, k, 2),
                              positive_matrix<T>(n, k, 3), beta};
    const Layout layout = layouts[turn++ % 4];
    dense_agrees(DenseStorage<T>(dense, layout).view, example, shape.text());
    dense_agrees(CsrStorage<T, I>(dense).view, example,
                 shape.text() + ", all entries stored");
    example.w = rare_matrix<T>(m, k, 2);
    example.ht = rare_matrix<T>(n, k, 3);
    dense_agrees(DenseStorage<T>(dense, layout).view, example,
                 shape.text() + ", factors with zeros");
    if (beta <= 0) continue;
    example.a = holes;
    dense_agrees(CsrStorage<T, I>(holes).view, example, shape.text() + ", sparse");
    if (beta == 1)
      sparse_agrees(CsrStorage<T, I>(holes).view, example,
                    shape.text() + ", stored entries");
  }
}

/// Rows of Ht are gathered in half vectors.
template <typename T, typename I>
void every_width() {
  const RowMatrix<T> a = rare_matrix<T>(31, 13, 1);
  const CsrStorage<T, I> stored(a);
  for (Index k = 1; k <= 11 * skinny::Half<T>::lanes; ++k)
    sparse_agrees(
        stored.view,
        {a, all_of(a), positive_matrix<T>(31, k, 2), positive_matrix<T>(13, k, 3), 1},
        "k = " + std::to_string(k));
}

/// If products are zero, denominators are bounded below, and nothing overflows.
template <typename T>
void nothing_is_divided_by_zero() {
  const RowMatrix<T> some = 100 * positive_matrix<T>(70, 40, 1), zero = 0 * some;
  const RowMatrix<T> w = RowMatrix<T>::Zero(70, 5), ht = rare_matrix<T>(40, 5, 3);
  const double least = 0x1p-23;
  for (const double beta : betas) {
    dense_agrees<T>(DenseStorage<T>(some, Layout::by_rows).view,
                    {some, all_of(some), w, ht, beta, least}, "W = 0");
    if (beta <= 0) continue;
    dense_agrees<T>(DenseStorage<T>(zero, Layout::by_rows).view,
                    {zero, all_of(zero), rare_matrix<T>(70, 5, 2), ht, beta, least},
                    "A = 0");
    dense_agrees<T>(CsrStorage<T, std::int32_t>(zero).view,
                    {zero, all_of(zero), w, 0 * ht, beta, least}, "A = 0, H = 0");
  }
  sparse_agrees<T>(CsrStorage<T, std::int32_t>(some).view,
                   {some, all_of(some), w, ht, 1, least}, "stored, W = 0");
  sparse_agrees<T>(CsrStorage<T, std::int32_t>(zero).view,
                   {zero, all_of(zero), w, 0 * ht, 1, least}, "nothing stored");
}

/// Rows of zeros stay zero, for powers of either sign.
template <typename T>
void any_beta_keeps_zeros() {
  const RowMatrix<T> a = 100 * positive_matrix<T>(9, 40, 1);
  const DenseStorage<T> stored(a, Layout::by_rows);
  const FactorSlice<T> ht(positive_matrix<T>(40, 5, 3));
  for (const double beta : {-2.0, -0.01, 0.01, 0.99, 1.01, 1.99, 2.01, 2.5, 6.0}) {
    FactorSlice<T> w(9, 5), numerator(40, 5), denominator(40, 5);
    w.out().setZero();
    MatrixView<T> numerator_view = numerator.out(),
                  denominator_view = denominator.out();
    nmf::Workspace<T> workspace;
    const auto sums = nmf::dense_divergence_pass<T>(
        stored.view, w.out(), ht.in(), {static_cast<T>(beta), T(0x1p-23)}, {},
        &numerator_view, &denominator_view, workspace, 1);
    check(w.value().isZero(0) && numerator.value().isZero(0) &&
              denominator.value().isZero(0) && std::isfinite(sums.value),
          "W = 0, beta " + std::to_string(beta));
  }
}

template <typename T>
void no_rows_or_columns() {
  for (const auto& [m, n] : {std::pair<Index, Index>{0, 5}, {5, 0}}) {
    const RowMatrix<T> none = RowMatrix<T>::Zero(m, n);
    const CsrStorage<T, std::int32_t> stored(none);
    for (const double beta : betas) {
      const DivergenceCase<T> example{none, none.template cast<double>(),
                                      positive_matrix<T>(m, 3, 2),
                                      positive_matrix<T>(n, 3, 3), beta};
      dense_agrees(DenseStorage<T>(none, Layout::by_rows).view, example, "empty");
      dense_agrees(stored.view, example, "empty, sparse");
      if (beta == 1) sparse_agrees(stored.view, example, "empty, stored entries");
    }
  }
}

/// The update of a factor from a denominator with all rows, and with one row.
template <typename T>
void factors_are_multiplied(Index rows, Index k) {
  const RowMatrix<T> old = rare_matrix<T>(rows, k, 1);
  const RowMatrix<T> numerator = positive_matrix<T>(rows, k, 2);
  for (const Index denominator_rows : {rows, Index{1}})
    for (const double beta : betas)
      for (const Penalty<T> penalty : penalties<T>) {
        const RowMatrix<T> denominator = rare_matrix<T>(denominator_rows, k, 3);
        FactorSlice<T> w(old);
        nmf::multiply_rows<T>(w.out(), FactorSlice<T>(numerator).in(),
                              FactorSlice<T>(denominator).in(), penalty,
                              {static_cast<T>(beta), 1}, 1);
        check_near<T>(w.value(),
                      multiplied(old, BoundedSums(numerator), BoundedSums(denominator),
                                 beta, penalty),
                      128,
                      "factor " + std::to_string(rows) + " x " + std::to_string(k));
      }
}

/// Several chunks of rows, and enough work for seven threads.
template <typename T, typename Matrix>
void bits(const Matrix& view, double beta, Index k, const std::string& what) {
  const RowMatrix<T> w = positive_matrix<T>(view.rows, k, 2),
                     ht = positive_matrix<T>(view.cols, k, 3);
  const nmf::Divergence<T> measure(static_cast<T>(beta), T(high_floor));
  const FactorSlice<T> ht_in(ht);
  bits_do_not_depend_on_threads_or_workspace<T>(what, [&](auto& workspace,
                                                          int n_threads) {
    FactorSlice<T> factor(w), numerator(view.cols, k), denominator(view.cols, k);
    MatrixView<T> numerator_view = numerator.out(),
                  denominator_view = denominator.out();
    const auto sums = [&] {
      if constexpr (!std::is_same_v<Matrix, Dense<T>>)
        if (beta == 1)
          return nmf::sparse_divergence_pass<T, AnyIndex>(
              view, nullptr, false, factor.out(), ht_in.in(), measure, {},
              &numerator_view, nullptr, workspace, n_threads);
      return nmf::dense_divergence_pass<T>(
          view, factor.out(), ht_in.in(), measure, {}, &numerator_view,
          beta == 1 ? nullptr : &denominator_view, workspace, n_threads);
    }();
    FlatResults row;
    row << factor.value() << numerator.value() << sums.value << sums.factor_sum
        << nmf::dense_divergence<T>(view, factor.in(), ht_in.in(), measure, n_threads);
    if constexpr (!std::is_same_v<Matrix, Dense<T>>)
      row << nmf::sparse_divergence<T>(view, false, factor.in(), ht_in.in(), measure,
                                       n_threads);
    if (beta != 1) row << denominator.value();
    FactorSlice<T> again(w);
    nmf::multiply_rows<T>(again.out(), factor.in(), factor.in(), {}, measure,
                          n_threads);
    return row << again.value();
  });
}

/// Allocations have other addresses each time: results must not depend on their
/// alignment.
template <typename T>
void bits_do_not_depend_on_addresses() {
  const CsrStorage<T, std::int32_t> stored(positive_matrix<T>(31, 33, 1));
  const FactorSlice<T> w(positive_matrix<T>(31, 5, 2)),
      ht(positive_matrix<T>(33, 5, 3));
  const nmf::Divergence<T> measure(1, T(high_floor));
  std::vector<std::vector<char>> between;
  RowMatrix<double> found(64, 2);
  for (Index turn = 0; turn < found.rows(); ++turn) {
    between.emplace_back(4000 + 16 * turn);
    FactorSlice<T> factor(w.value());
    nmf::Workspace<T> workspace;
    found(turn, 0) =
        nmf::sparse_divergence<T>(stored.view, false, w.in(), ht.in(), measure, 1);
    found(turn, 1) = nmf::sparse_divergence_pass<T, AnyIndex>(
                         stored.view, nullptr, false, factor.out(), ht.in(), measure,
                         {}, nullptr, nullptr, workspace, 1)
                         .value;
  }
  check(same_bits<double>(found, found.row(0).replicate(found.rows(), 1)),
        "the same bits for every address");
}

/// The same for the sums from the rows of Aᵀ.
template <typename T, typename I>
void bits_with_transpose(const Csr<T, I>& view, Index k) {
  const TransposedCsr transposed(view);
  const RowMatrix<T> w = positive_matrix<T>(view.rows, k, 2);
  const FactorSlice<T> ht(positive_matrix<T>(view.cols, k, 3));
  const nmf::Divergence<T> measure(1, T(high_floor));
  bits_do_not_depend_on_threads_or_workspace<T>(
      "At, k = " + std::to_string(k), [&](auto& workspace, int n_threads) {
        FactorSlice<T> factor(w), numerator(view.cols, k);
        MatrixView<T> numerator_view = numerator.out();
        const auto sums = nmf::sparse_divergence_pass<T, AnyIndex>(
            view, &transposed.view, false, factor.out(), ht.in(), measure, {},
            &numerator_view, nullptr, workspace, n_threads);
        return FlatResults() << factor.value() << numerator.value() << sums.value
                             << sums.factor_sum;
      });
}

template <typename T, typename I>
void all() {
  for (const Shape& shape : awkward) of_shape<T, I>(shape);
  every_width<T, I>();
  nothing_is_divided_by_zero<T>();
  any_beta_keeps_zeros<T>();
  no_rows_or_columns<T>();
  for (const Index rows : {0, 1, 95, 97, 1600})
    for (const Index k : {1, 5, 70}) factors_are_multiplied<T>(rows, k);
  bits_do_not_depend_on_addresses<T>();
  const RowMatrix<T> dense = positive_matrix<T>(1501, 90, 1);
  bits<T>(DenseStorage<T>(dense, Layout::by_rows).view, 1, 33, "Kullback-Leibler");
  bits<T>(DenseStorage<T>(dense, Layout::by_columns).view, 0.5, 33, "beta 0.5");
  const RowMatrix<T> holes = rare_matrix<T>(9001, 90, 1);
  bits<T>(CsrStorage<T, I>(holes).view, 1, 37, "sparse, Kullback-Leibler");
  for (const Index k : {5, 37}) bits_with_transpose(CsrStorage<T, I>(holes).view, k);
  bits<T>(CsrStorage<T, I>(holes.topRows(1501)).view, 1.5, 33, "sparse, beta 1.5");
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
}

}  // namespace latentia::testing
