#include "../kernels/nmf/frobenius.hpp"

#include "factors.hpp"

namespace latentia::testing {
namespace {

using nmf::Penalty;

/// The arguments of an update, and A·Ht in float64.
template <typename T>
struct Case {
  RowMatrix<T> a, w, ht, gram;
  BoundedSums product;

  /// A is the matrix, W and Ht have k columns.
  Case(RowMatrix<T> matrix, Index k)
      : a(std::move(matrix)),
        w(rare_matrix<T>(a.rows(), k, 2)),
        ht(rare_matrix<T>(a.cols(), k, 3)),
        gram(gram_of(ht)),
        product(BoundedSums(a) * BoundedSums(ht)) {}
};

/// w·p / (w·(G + l2·I) + l1).
template <typename T>
BoundedSums multiplied(const Case<T>& example, Penalty<T> penalty) {
  RowMatrix<double> g = example.gram.template cast<double>();
  g.diagonal().array() += static_cast<double>(penalty.l2);
  const RowMatrix<double> w = example.w.template cast<double>();
  Eigen::ArrayXXd d = (w * g).array() + static_cast<double>(penalty.l1);
  d = (d == 0).select(0x1p-23, d);
  return BoundedSums(RowMatrix<double>(w.array() * example.product.value.array() / d));
}

/// Checks every row against plain coordinate descent. Unless `alone`, the result of any
/// number of sweeps is accepted.
template <typename T>
void check_descent(const RowMatrix<T>& w, const Case<T>& example, Penalty<T> penalty,
                   int sweeps, const Index* order, bool alone, const std::string& what,
                   std::source_location where = std::source_location::current()) {
  RowMatrix<double> g = example.gram.template cast<double>();
  g.diagonal().array() += static_cast<double>(penalty.l2);
  for (Index i = 0; i < w.rows(); ++i) {
    const Eigen::ArrayXd start = example.w.row(i).transpose().template cast<double>();
    const PlainDescent plain({start, 0 * start}, g,
                             example.product.value.row(i).transpose(),
                             static_cast<double>(penalty.l1), sweeps, order,
                             example.a.cols() + w.cols() + 8);
    bool found = is_near<T>(w.row(i), plain.last());
    if (!alone)
      for (const PlainRow& row : plain.after) found |= is_near<T>(w.row(i), row);
    check(found, what + ", row " + std::to_string(i), where);
  }
}

/// Checks the sums of a pass against its W, and returns W.
template <typename T>
RowMatrix<T> check_sums(const Case<T>& example, const FactorSlice<T>& factor,
                        const nmf::FactorSums& sums, const std::string& what) {
  const RowMatrix<T> w = factor.value();
  const Index m = w.rows(), k = w.cols();
  check_near<T>(sums.gram.topLeftCorner(k, k),
                BoundedSums(w).transpose() * BoundedSums(w), m, "WtW: " + what);
  check(sums.gram.rightCols(sums.gram.cols() - k).isZero(0) &&
            sums.gram.bottomRows(sums.gram.rows() - k).isZero(0),
        "WtW is padded with zeros: " + what);
  const double cross_term =
      example.product.value.cwiseProduct(w.template cast<double>()).sum();
  check_near<T>(
      RowMatrix<double>::Constant(1, 1, sums.cross_term),
      BoundedSums(RowMatrix<double>(RowMatrix<double>::Constant(1, 1, cross_term))),
      example.a.cols() + m + k, "cross term: " + what);
  return w;
}

/// Calls agrees(W, name) after a pass over A, with and without Aᵀ, and after an update
/// from a given A·Ht.
template <typename T, typename Matrix, typename Rule, typename Check>
void both_updates(const Matrix& view, const Case<T>& example, const Rule& rule,
                  const std::string& what, Check&& agrees) {
  const FactorSlice<T> ht(example.ht);
  FactorSlice<T> w(example.w), adjoint(example.a.cols(), example.w.cols());
  nmf::Workspace<T> workspace;
  const nmf::FactorSums sums =
      nmf::frobenius_pass<T>(view, w.out(), ht.in(), rule, adjoint.out(), workspace, 1);
  const RowMatrix<T> found = check_sums(example, w, sums, what);
  check_near<T>(adjoint.value(),
                BoundedSums(example.a).transpose() * BoundedSums(found),
                example.a.rows(), "AtW: " + what);
  agrees(found, "pass: " + what);
  if constexpr (!std::is_same_v<Matrix, Dense<T>>) {
    const TransposedCsr transposed(view);
    FactorSlice<T> updated(example.w);
    const nmf::FactorSums gathered =
        nmf::frobenius_pass<T>(view, transposed.view, updated.out(), ht.in(), rule,
                               adjoint.out(), workspace, 1);
    const RowMatrix<T> also = check_sums(example, updated, gathered, "At: " + what);
    check_near<T>(adjoint.value(),
                  BoundedSums(example.a).transpose() * BoundedSums(also),
                  example.a.rows(), "AtW from At: " + what);
    agrees(also, "pass with At: " + what);
  }

  const FactorSlice<T> p(RowMatrix<T>(example.product.value.template cast<T>()));
  FactorSlice<T> again(example.w);
  const nmf::FactorSums from_product = nmf::update<T>(again.out(), p.in(), rule, 1);
  agrees(check_sums(example, again, from_product, "update: " + what),
         "update: " + what);
}

template <typename T, typename Matrix>
void agree_with_plain_loops(const Matrix& view, const Case<T>& example,
                            const std::string& what) {
  const Index k = example.w.cols();
  for (const Penalty<T> penalty : penalties<T>) {
    const FactorSlice<T> gram(example.gram);
    both_updates(view, example, nmf::Multiplicative<T>(gram.in(), penalty), what,
                 [&](const RowMatrix<T>& w, const std::string& who) {
                   check_near<T>(w, multiplied(example, penalty), example.a.cols() + k,
                                 who);
                 });
    const std::vector<Index> other = other_order(k);
    for (const int sweeps : {1, 4}) {
      const Index* order = sweeps == 1 ? nullptr : other.data();
      both_updates(view, example, nmf::Hals<T>(gram.in(), penalty, sweeps, {order, k}),
                   what, [&](const RowMatrix<T>& w, const std::string& who) {
                     check_descent(w, example, penalty, sweeps, order, w.rows() == 1,
                                   who);
                   });
    }
  }
}

template <typename T, typename I>
void of_shape(const Shape& shape) {
  const auto [m, n, k] = shape;
  const Case<T> dense(random_matrix<T>(m, n, 1).cwiseAbs(), k);
  for (const Layout layout : layouts)
    agree_with_plain_loops<T>(DenseStorage<T>(dense.a, layout).view, dense,
                              shape.text());
  const Case<T> sparse(rare_matrix<T>(m, n, 1), k);
  agree_with_plain_loops<T>(CsrStorage<T, I>(sparse.a).view, sparse,
                            shape.text() + ", sparse");
}

/// Equal rows stop after the same sweep, whether there is one row or many.
template <typename T>
void equal_rows_stop_together() {
  for (const Index k : {2, 9, 17})
    for (const Index m : {1, 31, 97, 300}) {
      Case<T> example(positive_matrix<T>(m, 40, 1).row(0).replicate(m, 1), k);
      example.w = RowMatrix<T>(rare_matrix<T>(1, k, 2).replicate(m, 1));
      for (const int sweeps : {2, 30}) {
        const nmf::Hals<T> rule(FactorSlice<T>(example.gram).in(), {}, sweeps, {});
        both_updates(DenseStorage<T>(example.a, Layout::by_rows).view, example, rule,
                     "equal rows", [&](const RowMatrix<T>& w, const std::string& who) {
                       check_descent(w, example, {}, sweeps, nullptr, true, who);
                     });
      }
    }
}

/// The result of a row does not depend on other rows: the last row is alone in its
/// tile.
template <typename T>
void a_row_is_as_if_alone() {
  for (const Index k : {2, 5, 9, 17, 33}) {
    Case<T> all(positive_matrix<T>(nmf::block_rows + 1, 40, 1), k);
    Case<T> last(all.a.bottomRows(1), k);
    last.w = all.w.bottomRows(1);
    const nmf::Hals<T> rule(FactorSlice<T>(all.gram).in(), {}, 30, {});
    std::vector<RowMatrix<T>> found;
    for (const Case<T>* example : {&last, &all})
      both_updates(DenseStorage<T>(example->a, Layout::by_rows).view, *example, rule,
                   "one row more", [&](const RowMatrix<T>& w, const std::string&) {
                     found.emplace_back(w.bottomRows(1));
                   });
    check(same_bits(found[0], found[2]), "pass: the last row is as if alone");
    check(same_bits(found[1], found[3]), "update: the last row is as if alone");
  }
}

/// A denominator of zero is replaced by the smallest allowed one.
template <typename T>
void nothing_is_divided_by_zero() {
  for (const Index k : {1, 5, 33}) {
    Case<T> example(positive_matrix<T>(50, 7, 1), k);
    example.gram.setZero();
    const nmf::Multiplicative<T> rule(FactorSlice<T>(example.gram).in(), {});
    both_updates(DenseStorage<T>(example.a, Layout::by_rows).view, example, rule,
                 "Gram matrix 0", [&](const RowMatrix<T>& w, const std::string& who) {
                   check_near<T>(w, multiplied(example, {}), 7, who);
                 });
    const nmf::Hals<T> still(FactorSlice<T>(example.gram).in(), {}, 3, {});
    both_updates(DenseStorage<T>(example.a, Layout::by_rows).view, example, still,
                 "Gram matrix 0", [&](const RowMatrix<T>& w, const std::string& who) {
                   check(same_bits(w, example.w), who);
                 });
  }
}

template <typename T>
void zeros_give_zeros() {
  const RowMatrix<T> zero = RowMatrix<T>::Zero(70, 9);
  agree_with_plain_loops<T>(DenseStorage<T>(zero, Layout::by_rows).view,
                            Case<T>(zero, 5), "zeros");
  agree_with_plain_loops<T>(CsrStorage<T, std::int32_t>(zero).view, Case<T>(zero, 5),
                            "nothing stored");
  for (const auto& [m, n] : {std::pair<Index, Index>{0, 5}, {5, 0}}) {
    const RowMatrix<T> none = RowMatrix<T>::Zero(m, n);
    agree_with_plain_loops<T>(DenseStorage<T>(none, Layout::by_rows).view,
                              Case<T>(none, 3), "no rows or columns");
    agree_with_plain_loops<T>(CsrStorage<T, std::int32_t>(none).view, Case<T>(none, 3),
                              "no rows or columns, sparse");
  }
}

/// Several chunks of rows, and enough work for seven threads.
template <typename T, typename Matrix>
void bits(const Matrix& view, Index k, const std::string& what) {
  check(useful_threads(2 * nmf::nnz(view) * k + view.rows * k * k, 7) == 7,
        "enough work for seven threads");
  const RowMatrix<T> w = rare_matrix<T>(view.rows, k, 2),
                     ht = rare_matrix<T>(view.cols, k, 3), gram = gram_of(ht);
  const auto with = [&](const auto& rule) {
    bits_do_not_depend_on_threads_or_workspace<T>(
        what, [&](auto& workspace, int n_threads) {
          FactorSlice<T> factor(w), again(w), adjoint(view.cols, k);
          const auto sums =
              nmf::frobenius_pass<T>(view, factor.out(), FactorSlice<T>(ht).in(), rule,
                                     adjoint.out(), workspace, n_threads);
          const auto from_product =
              nmf::update<T>(again.out(), factor.in(), rule, n_threads);
          return FlatResults()
                 << factor.value() << adjoint.value() << sums.gram << sums.cross_term
                 << again.value() << from_product.gram << from_product.cross_term;
        });
    if constexpr (!std::is_same_v<Matrix, Dense<T>>) {
      const TransposedCsr transposed(view);
      bits_do_not_depend_on_threads_or_workspace<T>(
          what + ", At", [&](auto& workspace, int n_threads) {
            FactorSlice<T> factor(w), adjoint(view.cols, k);
            const auto sums = nmf::frobenius_pass<T>(
                view, transposed.view, factor.out(), FactorSlice<T>(ht).in(), rule,
                adjoint.out(), workspace, n_threads);
            return FlatResults()
                   << factor.value() << adjoint.value() << sums.gram << sums.cross_term;
          });
    }
  };
  with(nmf::Multiplicative<T>(FactorSlice<T>(gram).in(), {}));
  with(nmf::Hals<T>(FactorSlice<T>(gram).in(), {}, 3, {}));
}

template <typename T, typename I>
void all() {
  for (const Shape& shape : awkward) of_shape<T, I>(shape);
  of_shape<T, I>({7, 5000, 3});  // Ht is padded in several chunks
  // Rows are gathered in half vectors, at most four vectors at a time.
  for (Index halves = 1; halves <= 11; ++halves)
    for (const Index k :
         {halves * skinny::Half<T>::lanes, halves * skinny::Half<T>::lanes - 1})
      if (k > 0) of_shape<T, I>({13, 30, k});
  equal_rows_stop_together<T>();
  a_row_is_as_if_alone<T>();
  nothing_is_divided_by_zero<T>();
  zeros_give_zeros<T>();
  bits<T>(DenseStorage<T>(positive_matrix<T>(3001, 90, 1), Layout::by_rows).view, 33,
          "dense");
  bits<T>(DenseStorage<T>(positive_matrix<T>(3001, 90, 1), Layout::by_columns).view, 29,
          "by columns");
  for (const Index k : {3, 37})
    bits<T>(CsrStorage<T, I>(rare_matrix<T>(9001, k == 3 ? 900 : 90, 1)).view, k,
            "sparse");
  // Longer columns than the terms that are added one by one.
  of_shape<T, I>({3 * skinny::terms_in_sum + 5, 3, 9});
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
}

}  // namespace latentia::testing
