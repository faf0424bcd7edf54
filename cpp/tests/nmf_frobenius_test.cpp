#include "../kernels/nmf/frobenius.hpp"

#include "factors.hpp"

namespace latentia::testing {
namespace {

using nmf::Penalty;

/// A row update's arguments, and A·Ht in float64.
template <typename T>
struct Case {
  RowMatrix<T> a, w, ht, gram;
  Sums product;

  /// A is the matrix, W and Ht have k columns.
  Case(RowMatrix<T> matrix, Index k)
      : a(std::move(matrix)),
        w(rare_matrix<T>(a.rows(), k, 2)),
        ht(rare_matrix<T>(a.cols(), k, 3)),
        gram(gram_of(ht)),
        product(Sums(a) * Sums(ht)) {}
};

/// w·p / (w·(G + l2·I) + l1).
template <typename T>
Sums multiplied(const Case<T>& of, Penalty<T> penalty) {
  RowMatrix<double> g = of.gram.template cast<double>();
  g.diagonal().array() += static_cast<double>(penalty.l2);
  const RowMatrix<double> w = of.w.template cast<double>();
  Eigen::ArrayXXd d = (w * g).array() + static_cast<double>(penalty.l1);
  d = (d == 0).select(0x1p-23, d);
  return Sums(RowMatrix<double>(w.array() * of.product.value.array() / d));
}

/// Every row is as plain coordinate descent leaves it: rows share their sweeps, so it
/// may be after any of them, but for a rule that is `alone` with its rows.
template <typename T>
void check_descent(const RowMatrix<T>& w, const Case<T>& of, Penalty<T> penalty,
                   int sweeps, const Index* order, bool alone, const std::string& what,
                   std::source_location where = std::source_location::current()) {
  RowMatrix<double> g = of.gram.template cast<double>();
  g.diagonal().array() += static_cast<double>(penalty.l2);
  for (Index i = 0; i < w.rows(); ++i) {
    const Eigen::ArrayXd start = of.w.row(i).transpose().template cast<double>();
    const PlainDescent plain({start, 0 * start}, g, of.product.value.row(i).transpose(),
                             static_cast<double>(penalty.l1), sweeps, order,
                             of.a.cols() + w.cols() + 8);
    bool found = is_near<T>(w.row(i), plain.last());
    if (!alone)
      for (const PlainRow& row : plain.after) found |= is_near<T>(w.row(i), row);
    check(found, what + ", row " + std::to_string(i), where);
  }
}

/// What the passes say of the W that they leave behind. Returns it.
template <typename T>
RowMatrix<T> check_sums(const Case<T>& of, const Apart<T>& factor,
                        const nmf::FactorSums& sums, const std::string& what) {
  const RowMatrix<T> w = factor.value();
  const Index m = w.rows(), k = w.cols();
  check_near<T>(sums.gram.topLeftCorner(k, k), Sums(w).transpose() * Sums(w), m,
                "WtW: " + what);
  check(sums.gram.rightCols(sums.gram.cols() - k).isZero(0) &&
            sums.gram.bottomRows(sums.gram.rows() - k).isZero(0),
        "WtW is padded with zeros: " + what);
  const double cross = of.product.value.cwiseProduct(w.template cast<double>()).sum();
  check_near<T>(RowMatrix<double>::Constant(1, 1, sums.cross),
                Sums(RowMatrix<double>(RowMatrix<double>::Constant(1, 1, cross))),
                of.a.cols() + m + k, "cross: " + what);
  return w;
}

/// A pass over A, and the update with A·Ht known: W after both.
template <typename T, typename Matrix, typename Rule, typename Check>
void both_updates(const Matrix& view, const Case<T>& of, const Rule& rule,
                  const std::string& what, Check&& agrees) {
  const Apart<T> ht(of.ht);
  Apart<T> w(of.w), adjoint(of.a.cols(), of.w.cols());
  nmf::Workspace<T> workspace;
  const nmf::FactorSums sums =
      nmf::frobenius_pass<T>(view, w.out(), ht.in(), rule, adjoint.out(), workspace, 1);
  const RowMatrix<T> found = check_sums(of, w, sums, what);
  check_near<T>(adjoint.value(), Sums(of.a).transpose() * Sums(found), of.a.rows(),
                "AtW: " + what);
  agrees(found, "pass: " + what);

  const Apart<T> p(RowMatrix<T>(of.product.value.template cast<T>()));
  Apart<T> again(of.w);
  const nmf::FactorSums known = nmf::update<T>(again.out(), p.in(), rule, 1);
  agrees(check_sums(of, again, known, "update: " + what), "update: " + what);
}

template <typename T, typename Matrix>
void agree_with_plain_loops(const Matrix& view, const Case<T>& of,
                            const std::string& what) {
  const Index k = of.w.cols();
  for (const Penalty<T> penalty : penalties<T>) {
    const Apart<T> gram(of.gram);
    both_updates(view, of, nmf::Multiplicative<T>(gram.in(), penalty), what,
                 [&](const RowMatrix<T>& w, const std::string& who) {
                   check_near<T>(w, multiplied(of, penalty), of.a.cols() + k, who);
                 });
    const std::vector<Index> other = other_order(k);
    for (const int sweeps : {1, 4}) {
      const Index* order = sweeps == 1 ? nullptr : other.data();
      both_updates(view, of, nmf::Coordinate<T>(gram.in(), penalty, sweeps, {order, k}),
                   what, [&](const RowMatrix<T>& w, const std::string& who) {
                     check_descent(w, of, penalty, sweeps, order, w.rows() == 1, who);
                   });
    }
  }
}

template <typename T, typename I>
void of_shape(const Shape& shape) {
  const auto [m, n, k] = shape;
  const Case<T> dense(random_matrix<T>(m, n, 1).cwiseAbs(), k);
  for (const Layout layout : layouts)
    agree_with_plain_loops<T>(Stored<T>(dense.a, layout).view, dense, shape.text());
  const Case<T> sparse(rare_matrix<T>(m, n, 1), k);
  agree_with_plain_loops<T>(Compressed<T, I>(sparse.a).view, sparse,
                            shape.text() + ", sparse");
}

/// Rows that are alike stop alike, be they one or many.
template <typename T>
void sweeps_while_they_are_worth_it() {
  for (const Index k : {2, 9, 17})
    for (const Index m : {1, 31, 97, 300}) {
      Case<T> of(positive_matrix<T>(m, 40, 1).row(0).replicate(m, 1), k);
      of.w = RowMatrix<T>(rare_matrix<T>(1, k, 2).replicate(m, 1));
      for (const int sweeps : {2, 30}) {
        const nmf::Coordinate<T> rule(Apart<T>(of.gram).in(), {}, sweeps, {});
        both_updates(Stored<T>(of.a, Layout::by_rows).view, of, rule, "alike",
                     [&](const RowMatrix<T>& w, const std::string& who) {
                       check_descent(w, of, {}, sweeps, nullptr, true, who);
                     });
      }
    }
}

/// A row that has the last tile to itself does not see those before it.
template <typename T>
void a_row_is_as_if_alone() {
  for (const Index k : {2, 5, 9, 17, 33}) {
    Case<T> all(positive_matrix<T>(nmf::most_rows + 1, 40, 1), k);
    Case<T> last(all.a.bottomRows(1), k);
    last.w = all.w.bottomRows(1);
    const nmf::Coordinate<T> rule(Apart<T>(all.gram).in(), {}, 30, {});
    std::vector<RowMatrix<T>> found;
    for (const Case<T>* of : {&last, &all})
      both_updates(Stored<T>(of->a, Layout::by_rows).view, *of, rule, "one row more",
                   [&](const RowMatrix<T>& w, const std::string&) {
                     found.emplace_back(w.bottomRows(1));
                   });
    check(same_bits(found[0], found[2]), "pass: a row is as if alone");
    check(same_bits(found[1], found[3]), "update: a row is as if alone");
  }
}

/// Where a quotient is by zero, the least denominator takes its place.
template <typename T>
void nothing_is_divided_by_zero() {
  for (const Index k : {1, 5, 33}) {
    Case<T> of(positive_matrix<T>(50, 7, 1), k);
    of.gram.setZero();
    const nmf::Multiplicative<T> rule(Apart<T>(of.gram).in(), {});
    both_updates(Stored<T>(of.a, Layout::by_rows).view, of, rule, "no Gram matrix",
                 [&](const RowMatrix<T>& w, const std::string& who) {
                   check_near<T>(w, multiplied(of, {}), 7, who);
                 });
    const nmf::Coordinate<T> still(Apart<T>(of.gram).in(), {}, 3, {});
    both_updates(Stored<T>(of.a, Layout::by_rows).view, of, still, "no Gram matrix",
                 [&](const RowMatrix<T>& w, const std::string& who) {
                   check(same_bits(w, of.w), who);
                 });
  }
}

template <typename T>
void zeros_give_zeros() {
  const RowMatrix<T> zero = RowMatrix<T>::Zero(70, 9);
  agree_with_plain_loops<T>(Stored<T>(zero, Layout::by_rows).view, Case<T>(zero, 5),
                            "zeros");
  agree_with_plain_loops<T>(Compressed<T, std::int32_t>(zero).view, Case<T>(zero, 5),
                            "nothing stored");
  for (const auto& [m, n] : {std::pair<Index, Index>{0, 5}, {5, 0}}) {
    const RowMatrix<T> none = RowMatrix<T>::Zero(m, n);
    agree_with_plain_loops<T>(Stored<T>(none, Layout::by_rows).view, Case<T>(none, 3),
                              "no rows or columns");
    agree_with_plain_loops<T>(Compressed<T, std::int32_t>(none).view, Case<T>(none, 3),
                              "no rows or columns, sparse");
  }
}

/// Several runs of rows, and work worth seven threads.
template <typename T, typename Matrix>
void bits(const Matrix& view, Index k, const std::string& what) {
  check(worth(2 * nmf::stored(view) * k + view.rows * k * k, 7) == 7, "worth 7");
  const RowMatrix<T> w = rare_matrix<T>(view.rows, k, 2),
                     ht = rare_matrix<T>(view.cols, k, 3), gram = gram_of(ht);
  const auto with = [&](const auto& rule) {
    bits_depend_on_nothing_else<T>(what, [&](auto& workspace, int n_threads) {
      Apart<T> factor(w), again(w), adjoint(view.cols, k);
      const auto sums =
          nmf::frobenius_pass<T>(view, factor.out(), Apart<T>(ht).in(), rule,
                                 adjoint.out(), workspace, n_threads);
      const auto known = nmf::update<T>(again.out(), factor.in(), rule, n_threads);
      return InARow() << factor.value() << adjoint.value() << sums.gram << sums.cross
                      << again.value() << known.gram << known.cross;
    });
  };
  with(nmf::Multiplicative<T>(Apart<T>(gram).in(), {}));
  with(nmf::Coordinate<T>(Apart<T>(gram).in(), {}, 3, {}));
}

template <typename T, typename I>
void all() {
  for (const Shape& shape : awkward) of_shape<T, I>(shape);
  of_shape<T, I>({7, 5000, 3});  // Ht is padded in several runs
  // Sparse rows are gathered by halves of vectors, four vectors at a time.
  for (Index halves = 1; halves <= 11; ++halves)
    for (const Index k :
         {halves * skinny::Half<T>::lanes, halves * skinny::Half<T>::lanes - 1})
      if (k > 0) of_shape<T, I>({13, 30, k});
  sweeps_while_they_are_worth_it<T>();
  a_row_is_as_if_alone<T>();
  nothing_is_divided_by_zero<T>();
  zeros_give_zeros<T>();
  bits<T>(Stored<T>(positive_matrix<T>(3001, 90, 1), Layout::by_rows).view, 33,
          "dense");
  bits<T>(Stored<T>(positive_matrix<T>(3001, 90, 1), Layout::by_columns).view, 29,
          "by columns");
  bits<T>(Compressed<T, I>(rare_matrix<T>(9001, 90, 1)).view, 37, "sparse");
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
}

}  // namespace latentia::testing
