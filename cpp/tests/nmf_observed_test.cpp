#include "../kernels/nmf/observed_hals.hpp"

#include "../kernels/nmf/sparse_divergence.hpp"
#include "../kernels/ranking/top_items.hpp"
#include "divergences.hpp"

namespace latentia::testing {
namespace {

using nmf::Penalty;

/// A matrix with missing entries. Some rows have no observed entry. `zeros`: some
/// observed entries are zero.
template <typename T, typename I>
struct Ratings {
  RowMatrix<T> a;
  RowMatrix<double> observed;
  CsrStorage<T, I> stored;

  explicit Ratings(const RowMatrix<T>& signs, bool zeros)
      : a(zeros ? RowMatrix<T>(signs.cwiseMax(T{0}))
                : RowMatrix<T>(signs.cwiseAbs().array() + T(0.5))),
        observed((signs.array() != 0).template cast<double>()),
        stored(signs) {
    std::size_t p = 0;
    for (Index i = 0; i < a.rows(); ++i)
      for (Index j = 0; j < a.cols(); ++j)
        if (observed(i, j) != 0) stored.value[p++] = a(i, j);
  }
};

/// Rows of very different lengths: one has most of the entries, the last ones have
/// none.
template <typename T>
RowMatrix<T> uneven_matrix(Index rows, Index cols) {
  RowMatrix<T> a = sparse_matrix<T>(rows, cols, 1);
  for (Index i = 0; i < rows; ++i)
    if (i % 7 != 2 || 4 * i > 3 * rows) a.row(i).setZero();
  a.row(rows / 3) = random_matrix<T>(1, cols, 5);
  return a;
}

template <typename T, typename I>
void divergences_agree(const Ratings<T, I>& some, DivergenceCase<T> example,
                       const std::string& what) {
  const FactorSlice<T> ht(example.ht), w(example.w);
  const nmf::Divergence<T> measure = example.measure();
  const Csr<T, AnyIndex>& view = some.stored.view;
  const TransposedCsr transposed(view);
  for (const Csr<T, AnyIndex>* at :
       {static_cast<const Csr<T, AnyIndex>*>(nullptr), &transposed.view})
    pass_agrees(example, true, what + (at ? ", At" : ""),
                [&](MatrixView<T> factor, MatrixView<T>* numerator,
                    MatrixView<T>* denominator, Penalty<T> penalty) {
                  nmf::Workspace<T> workspace;
                  return nmf::sparse_divergence_pass<T, AnyIndex>(
                      view, at, true, factor, ht.in(), measure, penalty, numerator,
                      denominator, workspace, 1);
                });
  check_value<T>(
      nmf::sparse_divergence<T, AnyIndex>(view, true, w.in(), ht.in(), measure, 1),
      example.plain(), example.w.cols(), "value alone: " + what);
}

/// ½Σ(a − w·h)² over the observed entries, as a 1 × 1 matrix.
template <typename T, typename I>
BoundedSums squares(const Ratings<T, I>& some, const RowMatrix<T>& w,
                    const RowMatrix<T>& ht) {
  const Eigen::ArrayXXd q = (BoundedSums(w) * BoundedSums(ht).transpose()).value;
  const Eigen::ArrayXXd a = some.a.template cast<double>();
  const auto half_of = [&](const Eigen::ArrayXXd& x) {
    return RowMatrix<double>(RowMatrix<double>::Constant(
        1, 1, (some.observed.array() * x.square()).sum() / 2));
  };
  return {half_of(a - q), 4 * half_of(a + q)};
}

template <typename T, typename I>
void hals_agrees(const Ratings<T, I>& some, Index k, Penalty<T> penalty, int sweeps,
                 const Index* order, const std::string& what) {
  const Index m = some.a.rows(), n = some.a.cols();
  const RowMatrix<T> start = rare_matrix<T>(m, k, 2), ht = rare_matrix<T>(n, k, 3);
  FactorSlice<T> w(start);
  nmf::Workspace<T> workspace;
  const double value = nmf::observed_hals_pass<T, AnyIndex>(
      some.stored.view, w.out(), FactorSlice<T>(ht).in(), penalty, sweeps, {order, k},
      workspace, 1);
  const RowMatrix<T> found = w.value();
  check_near<T>(RowMatrix<double>(RowMatrix<double>::Constant(1, 1, value)),
                squares(some, found, ht), k, "value: " + what);

  const RowMatrix<double> h = ht.template cast<double>();
  const RowMatrix<double> p =
      some.observed.cwiseProduct(some.a.template cast<double>()) * h;
  for (Index i = 0; i < m; ++i) {
    RowMatrix<double> g = h.transpose() * some.observed.row(i).asDiagonal() * h;
    g.diagonal().array() += static_cast<double>(penalty.l2);
    const Eigen::ArrayXd w_i = start.row(i).transpose().template cast<double>();
    // The kernel adds each step to the gradient: its error has a term for every step.
    const PlainDescent plain({w_i, 0 * w_i}, g, p.row(i).transpose(),
                             static_cast<double>(penalty.l1), sweeps, order,
                             n + k * (sweeps + 1) + 8);
    check(is_near<T>(found.row(i), plain.last()), what + ", row " + std::to_string(i));
  }
}

template <typename T, typename I>
void agree_with_plain_loops(const RowMatrix<T>& signs, Index k,
                            const std::string& what) {
  const Index m = signs.rows(), n = signs.cols();
  const Ratings<T, I> zeros(signs, true), none(signs, false);
  for (const double beta : betas) {
    const Ratings<T, I>& some = beta > 0 ? zeros : none;
    divergences_agree(some,
                      {some.a, some.observed, positive_matrix<T>(m, k, 2),
                       positive_matrix<T>(n, k, 3), beta},
                      what);
    divergences_agree(
        some,
        {some.a, some.observed, rare_matrix<T>(m, k, 2), rare_matrix<T>(n, k, 3), beta},
        what + ", factors with zeros");
  }
  const std::vector<Index> order = other_order(k);
  for (const Penalty<T> penalty : penalties<T>) {
    hals_agrees(zeros, k, penalty, 1, nullptr, what);
    hals_agrees(zeros, k, penalty, 9, order.data(), what + ", in another order");
  }
}

/// The entries of the factors are integers: scores are exact, and many are equal.
template <typename T, typename I>
void best_items(Index rows, Index columns, Index k, Index n, bool exclude) {
  const auto integers = [k](Index count, unsigned seed) {
    return RowMatrix<T>((4 * positive_matrix<T>(count, k, seed)).array().floor());
  };
  const RowMatrix<T> w = integers(rows, 1), ht = integers(columns, 2);
  RowMatrix<T> seen = random_matrix<T>(rows, columns, 3).cwiseMax(T{0});
  for (Index i = 0; i < rows; i += 4) seen.row(i).setConstant(T(i % 8));
  const CsrStorage<T, I> excluded(seen);
  FactorSlice<T> scores(rows, n);
  RowMatrix<std::int64_t> items = RowMatrix<std::int64_t>::Constant(rows, n + 2, -7);
  ranking::top_of_product<T, AnyIndex>(
      FactorSlice<T>(w).in(), FactorSlice<T>(ht).in(),
      exclude ? &excluded.view : nullptr,
      {items.data(), rows, n, Eigen::OuterStride<>(n + 2)}, scores.out(), 1);

  RowMatrix<T> best =
      RowMatrix<T>::Constant(rows, n, -std::numeric_limits<T>::infinity());
  RowMatrix<std::int64_t> expected = RowMatrix<std::int64_t>::Constant(rows, n + 2, -1);
  expected.rightCols(2).setConstant(-7);
  for (Index i = 0; i < rows; ++i) {
    std::vector<std::pair<T, Index>> all;  // negative scores: the best are the smallest
    for (Index j = 0; j < columns; ++j)
      if (!exclude || seen(i, j) == 0) all.emplace_back(-w.row(i).dot(ht.row(j)), j);
    std::sort(all.begin(), all.end());
    for (Index r = 0; r < std::min(n, static_cast<Index>(all.size())); ++r) {
      best(i, r) = -all[static_cast<std::size_t>(r)].first;
      expected(i, r) = all[static_cast<std::size_t>(r)].second;
    }
  }
  const std::string what = std::to_string(rows) + " x " + std::to_string(columns) +
                           ", n = " + std::to_string(n);
  check(items == expected, "items: " + what);
  check(scores.value() == best, "scores: " + what);
}

/// Enough work for seven threads.
template <typename T, typename I>
void bits() {
  const Index m = 4001, n = 300, k = 21;
  const Ratings<T, I> some(sparse_matrix<T>(m, n, 1), true);
  const auto& view = some.stored.view;
  const RowMatrix<T> w = positive_matrix<T>(m, k, 2);
  const FactorSlice<T> ht(positive_matrix<T>(n, k, 3));
  const nmf::Divergence<T> measure(T(1.5), T(high_floor));
  const TransposedCsr transposed(view);
  for (const Csr<T, AnyIndex>* at :
       {static_cast<const Csr<T, AnyIndex>*>(nullptr), &transposed.view})
    bits_do_not_depend_on_threads_or_workspace<T>(
        at ? "stored, At" : "stored", [&](auto& workspace, int n_threads) {
          FactorSlice<T> factor(w), numerator(n, k), denominator(n, k);
          MatrixView<T> numerator_view = numerator.out(),
                        denominator_view = denominator.out();
          const auto sums = nmf::sparse_divergence_pass<T, AnyIndex>(
              view, at, true, factor.out(), ht.in(), measure, {}, &numerator_view,
              &denominator_view, workspace, n_threads);
          return FlatResults()
                 << factor.value() << numerator.value() << denominator.value()
                 << sums.value << sums.factor_sum
                 << nmf::sparse_divergence<T, AnyIndex>(view, true, factor.in(),
                                                        ht.in(), measure, n_threads);
        });
  bits_do_not_depend_on_threads_or_workspace<T>(
      "HALS", [&](auto& workspace, int n_threads) {
        FactorSlice<T> factor(w);
        const double value = nmf::observed_hals_pass<T, AnyIndex>(
            view, factor.out(), ht.in(), {}, 3, {}, workspace, n_threads);
        return FlatResults() << factor.value() << value;
      });
  bits_do_not_depend_on_threads_or_workspace<T>(
      "recommended items", [&](auto&, int n_threads) {
        RowMatrix<std::int64_t> items(m, 5);
        FactorSlice<T> scores(m, 5);
        ranking::top_of_product<T, AnyIndex>(
            FactorSlice<T>(w).in(), ht.in(), &view,
            {items.data(), m, 5, Eigen::OuterStride<>(5)}, scores.out(), n_threads);
        return FlatResults() << items << scores.value();
      });
}

template <typename T, typename I>
void all() {
  for (const Shape& shape : awkward)
    agree_with_plain_loops<T, I>(sparse_matrix<T>(shape.m, shape.n, 1), shape.b,
                                 shape.text());
  for (Index halves = 1; halves <= 11; ++halves)
    agree_with_plain_loops<T, I>(sparse_matrix<T>(13, 30, 1),
                                 halves * skinny::Half<T>::lanes,
                                 std::to_string(halves) + " halves");
  // Fewer and more rows than chunks, and a row with more than one block of entries.
  for (const auto& [m, n] : {std::pair<Index, Index>{63, 40}, {300, 250}})
    agree_with_plain_loops<T, I>(uneven_matrix<T>(m, n), 7, "uneven");
  agree_with_plain_loops<T, I>(RowMatrix<T>::Zero(70, 9), 5, "no observed entries");
  agree_with_plain_loops<T, I>(RowMatrix<T>::Zero(5, 0), 5, "no columns");
  agree_with_plain_loops<T, I>(RowMatrix<T>::Zero(0, 5), 5, "no rows");

  for (const Index columns : {1, 7, 33, 511, 513, 1100})
    for (const Index n : {Index{1}, Index{10}, columns + 3})
      for (const bool exclude : {false, true})
        best_items<T, I>(53, columns, columns % 7 + 1, n, exclude);
  for (const Index rows : {0, 1, 48, 400}) best_items<T, I>(rows, 40, 70, 6, true);
  best_items<T, I>(5, 0, 3, 2, false);
  bits<T, I>();
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
}

}  // namespace latentia::testing
