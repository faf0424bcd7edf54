#include "../kernels/nmf/stored.hpp"

#include "divergences.hpp"

namespace latentia::testing {
namespace {

using nmf::Penalty;

template <typename T>
RowMatrix<double> all_of(const RowMatrix<T>& a) {
  return RowMatrix<double>::Ones(a.rows(), a.cols());
}

template <typename T, typename Matrix>
void filled_agrees(const Matrix& view, const DivergenceCase<T>& of,
                   const std::string& what) {
  const Apart<T> ht(of.ht), w(of.w);
  const nmf::Divergence<T> measure = of.measure();
  pass_agrees(of, of.beta != 1, what,
              [&](NarrowOut<T> factor, NarrowOut<T>* numerator,
                  NarrowOut<T>* denominator, Penalty<T> penalty) {
                nmf::Workspace<T> workspace;
                return nmf::filled_pass<T>(view, factor, ht.in(), measure, penalty,
                                           numerator, denominator, workspace, 1);
              });
  check_value<T>(nmf::filled_value<T>(view, w.in(), ht.in(), measure, 1), of.plain(),
                 of.w.cols(), "alone: " + what);
}

/// Kullback-Leibler, for which the stored entries are enough.
template <typename T, typename I>
void stored_agrees(const Csr<T, I>& view, const DivergenceCase<T>& of,
                   const std::string& what) {
  const Apart<T> ht(of.ht), w(of.w);
  const nmf::Divergence<T> measure = of.measure();
  pass_agrees(of, false, what,
              [&](NarrowOut<T> factor, NarrowOut<T>* numerator,
                  NarrowOut<T>* denominator, Penalty<T> penalty) {
                nmf::Workspace<T> workspace;
                return nmf::stored_pass<T, I>(view, false, factor, ht.in(), measure,
                                              penalty, numerator, denominator,
                                              workspace, 1);
              });
  check_value<T>(nmf::stored_value<T, I>(view, false, w.in(), ht.in(), measure, 1),
                 of.plain(), of.w.cols(), "alone: " + what);
}

/// Zeros among the data want β > 0; there may be some in the factors anyway.
template <typename T, typename I>
void of_shape(const Shape& shape) {
  const auto [m, n, k] = shape;
  const RowMatrix<T> dense = positive_matrix<T>(m, n, 1),
                     holes = rare_matrix<T>(m, n, 1);
  std::size_t turn = 0;
  for (const double beta : betas) {
    DivergenceCase<T> of{dense, all_of(dense), positive_matrix<T>(m, k, 2),
                         positive_matrix<T>(n, k, 3), beta};
    const Layout layout = layouts[turn++ % 4];
    filled_agrees(Stored<T>(dense, layout).view, of, shape.text());
    filled_agrees(Compressed<T, I>(dense).view, of, shape.text() + ", all stored");
    of.w = rare_matrix<T>(m, k, 2);
    of.ht = rare_matrix<T>(n, k, 3);
    filled_agrees(Stored<T>(dense, layout).view, of, shape.text() + ", rare");
    if (beta <= 0) continue;
    of.a = holes;
    filled_agrees(Compressed<T, I>(holes).view, of, shape.text() + ", sparse");
    if (beta == 1)
      stored_agrees(Compressed<T, I>(holes).view, of, shape.text() + ", stored");
  }
}

/// The stored entries' rows are gathered by halves of vectors.
template <typename T, typename I>
void every_width() {
  const RowMatrix<T> a = rare_matrix<T>(31, 13, 1);
  const Compressed<T, I> stored(a);
  for (Index k = 1; k <= 11 * skinny::Half<T>::lanes; ++k)
    stored_agrees(
        stored.view,
        {a, all_of(a), positive_matrix<T>(31, k, 2), positive_matrix<T>(13, k, 3), 1},
        "k = " + std::to_string(k));
}

/// Products of zero are divided by all the same, and nothing overflows.
template <typename T>
void nothing_is_divided_by_zero() {
  const RowMatrix<T> some = 100 * positive_matrix<T>(70, 40, 1), zero = 0 * some;
  const RowMatrix<T> w = RowMatrix<T>::Zero(70, 5), ht = rare_matrix<T>(40, 5, 3);
  const double least = 0x1p-23;
  for (const double beta : betas) {
    filled_agrees<T>(Stored<T>(some, Layout::by_rows).view,
                     {some, all_of(some), w, ht, beta, least}, "W = 0");
    if (beta <= 0) continue;
    filled_agrees<T>(Stored<T>(zero, Layout::by_rows).view,
                     {zero, all_of(zero), rare_matrix<T>(70, 5, 2), ht, beta, least},
                     "A = 0");
    filled_agrees<T>(Compressed<T, std::int32_t>(zero).view,
                     {zero, all_of(zero), w, 0 * ht, beta, least}, "nothing but zeros");
  }
  stored_agrees<T>(Compressed<T, std::int32_t>(some).view,
                   {some, all_of(some), w, ht, 1, least}, "stored, W = 0");
  stored_agrees<T>(Compressed<T, std::int32_t>(zero).view,
                   {zero, all_of(zero), w, 0 * ht, 1, least}, "nothing stored");
}

/// What no power of a product that is zero may spoil: rows of zeros stay.
template <typename T>
void any_beta_keeps_zeros() {
  const RowMatrix<T> a = 100 * positive_matrix<T>(9, 40, 1);
  const Stored<T> stored(a, Layout::by_rows);
  const Apart<T> ht(positive_matrix<T>(40, 5, 3));
  for (const double beta : {-2.0, -0.01, 0.01, 0.99, 1.01, 1.99, 2.01, 2.5, 6.0}) {
    Apart<T> w(9, 5), up(40, 5), down(40, 5);
    w.out().setZero();
    NarrowOut<T> up_out = up.out(), down_out = down.out();
    nmf::Workspace<T> workspace;
    const auto sums = nmf::filled_pass<T>(stored.view, w.out(), ht.in(),
                                          {static_cast<T>(beta), T(0x1p-23)}, {},
                                          &up_out, &down_out, workspace, 1);
    check(w.value().isZero(0) && up.value().isZero(0) && down.value().isZero(0) &&
              std::isfinite(sums.value),
          "W = 0, beta " + std::to_string(beta));
  }
}

template <typename T>
void no_rows_or_columns() {
  for (const auto& [m, n] : {std::pair<Index, Index>{0, 5}, {5, 0}}) {
    const RowMatrix<T> none = RowMatrix<T>::Zero(m, n);
    const Compressed<T, std::int32_t> stored(none);
    for (const double beta : betas) {
      const DivergenceCase<T> of{none, none.template cast<double>(),
                                 positive_matrix<T>(m, 3, 2),
                                 positive_matrix<T>(n, 3, 3), beta};
      filled_agrees(Stored<T>(none, Layout::by_rows).view, of, "nothing");
      filled_agrees(stored.view, of, "nothing, sparse");
      if (beta == 1) stored_agrees(stored.view, of, "nothing, stored");
    }
  }
}

/// A factor's update from sums, and from one row of them.
template <typename T>
void factors_are_multiplied(Index rows, Index k) {
  const RowMatrix<T> old = rare_matrix<T>(rows, k, 1);
  const RowMatrix<T> up = positive_matrix<T>(rows, k, 2);
  for (const Index rows_below : {rows, Index{1}})
    for (const double beta : betas)
      for (const Penalty<T> penalty : penalties<T>) {
        const RowMatrix<T> down = rare_matrix<T>(rows_below, k, 3);
        Apart<T> w(old);
        nmf::multiply_rows<T>(w.out(), Apart<T>(up).in(), Apart<T>(down).in(), penalty,
                              {static_cast<T>(beta), 1}, 1);
        check_near<T>(w.value(), multiplied(old, Sums(up), Sums(down), beta, penalty),
                      128,
                      "factor " + std::to_string(rows) + " x " + std::to_string(k));
      }
}

/// Several runs of rows, and work worth seven threads.
template <typename T, typename Matrix>
void bits(const Matrix& view, double beta, Index k, const std::string& what) {
  const RowMatrix<T> w = positive_matrix<T>(view.rows, k, 2),
                     ht = positive_matrix<T>(view.cols, k, 3);
  const nmf::Divergence<T> measure(static_cast<T>(beta), T(high_floor));
  const Apart<T> ht_in(ht);
  bits_depend_on_nothing_else<T>(what, [&](auto& workspace, int n_threads) {
    Apart<T> factor(w), up(view.cols, k), down(view.cols, k);
    NarrowOut<T> up_out = up.out(), down_out = down.out();
    const auto sums = [&] {
      if constexpr (!std::is_same_v<Matrix, Dense<T>>)
        if (beta == 1)
          return nmf::stored_pass<T>(view, false, factor.out(), ht_in.in(), measure, {},
                                     &up_out, nullptr, workspace, n_threads);
      return nmf::filled_pass<T>(view, factor.out(), ht_in.in(), measure, {}, &up_out,
                                 beta == 1 ? nullptr : &down_out, workspace, n_threads);
    }();
    InARow row;
    row << factor.value() << up.value() << sums.value << sums.of_factor
        << nmf::filled_value<T>(view, factor.in(), ht_in.in(), measure, n_threads);
    if constexpr (!std::is_same_v<Matrix, Dense<T>>)
      row << nmf::stored_value<T>(view, false, factor.in(), ht_in.in(), measure,
                                  n_threads);
    if (beta != 1) row << down.value();
    Apart<T> again(w);
    nmf::multiply_rows<T>(again.out(), factor.in(), factor.in(), {}, measure,
                          n_threads);
    return row << again.value();
  });
}

/// What a pass allocates lies elsewhere each time: sums must not depend on how it is
/// aligned.
template <typename T>
void bits_do_not_depend_on_addresses() {
  const Compressed<T, std::int32_t> stored(positive_matrix<T>(31, 33, 1));
  const Apart<T> w(positive_matrix<T>(31, 5, 2)), ht(positive_matrix<T>(33, 5, 3));
  const nmf::Divergence<T> measure(1, T(high_floor));
  std::vector<std::vector<char>> between;
  RowMatrix<double> found(64, 2);
  for (Index turn = 0; turn < found.rows(); ++turn) {
    between.emplace_back(4000 + 16 * turn);
    Apart<T> factor(w.value());
    nmf::Workspace<T> workspace;
    found(turn, 0) =
        nmf::stored_value<T>(stored.view, false, w.in(), ht.in(), measure, 1);
    found(turn, 1) = nmf::stored_pass<T>(stored.view, false, factor.out(), ht.in(),
                                         measure, {}, nullptr, nullptr, workspace, 1)
                         .value;
  }
  check(same_bits<double>(found, found.row(0).replicate(found.rows(), 1)),
        "the same bits wherever things lie");
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
  bits<T>(Stored<T>(dense, Layout::by_rows).view, 1, 33, "Kullback-Leibler");
  bits<T>(Stored<T>(dense, Layout::by_columns).view, 0.5, 33, "beta 0.5");
  const RowMatrix<T> holes = rare_matrix<T>(9001, 90, 1);
  bits<T>(Compressed<T, I>(holes).view, 1, 37, "sparse, Kullback-Leibler");
  bits<T>(Compressed<T, I>(holes.topRows(1501)).view, 1.5, 33, "sparse, beta 1.5");
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
}

}  // namespace latentia::testing
