#pragma once

#include <array>

#include "../kernels/nmf/dense_divergence.hpp"
#include "factors.hpp"

/// β-divergences in float64, and the checks of a pass of multiplicative updates.
namespace latentia::testing {

constexpr double betas[] = {-1, 0, 0.5, 1, 1.5, 2, 3};
/// A floor that is larger than some of the products.
constexpr double high_floor = 0.5;

/// D(A | W·H) over the observed entries, and u = a·q^(β−2), v = q^(β−1), which are zero
/// for other entries. `observed` (m × n) is 1 for an observed entry, else 0.
struct PlainDivergence {
  BoundedSums u, v;
  long double value = 0, size = 0;  // sums of many similar terms

  template <typename T>
  PlainDivergence(const RowMatrix<T>& a, const RowMatrix<double>& observed,
                  const RowMatrix<T>& w, const RowMatrix<T>& ht, double beta,
                  double floor)
      : u(RowMatrix<double>(0 * observed)), v(u) {
    const RowMatrix<double> q =
        w.template cast<double>() * ht.template cast<double>().transpose();
    for (Index i = 0; i < a.rows(); ++i)
      for (Index j = 0; j < a.cols(); ++j) {
        if (observed(i, j) == 0) continue;
        const auto one = static_cast<double>(a(i, j));
        const double least = std::max(q(i, j), floor);
        // Only negative powers need the floor.
        const double slope = std::pow(beta < 1 ? least : q(i, j), beta - 1);
        u.value(i, j) = one * std::pow(beta < 2 ? least : q(i, j), beta - 2);
        v.value(i, j) = slope;
        add(one, q(i, j), least, slope, beta);
        size += (u.value(i, j) + slope) * least;
      }
    // The kernel may compute a power of zero as a power of a very small number.
    u.size = u.value + 1e-6 * observed;
    v.size = v.value + 1e-6 * observed;
  }

 private:
  void add(double a, double q, double least, double slope, double beta) {
    const double last = beta * (beta - 1);
    const auto parts = [&]() -> std::array<double, 3> {
      if (beta == 1) return {a == 0 ? 0 : a * std::log(a / least), -a, q};
      if (beta == 0) return {a / least, -std::log(a / least), -1};
      return {std::pow(a, beta) / last,
              (beta - 1) * std::pow(beta < 0 ? least : q, beta) / last,
              -beta * a * slope / last};
    }();
    for (const double part : parts) value += part, size += std::abs(part);
  }
};

/// w·(numerator / (denominator + l1 + l2·w))^γ. The denominator may have one row for
/// all.
template <typename T>
BoundedSums multiplied(const RowMatrix<T>& w, const BoundedSums& numerator,
                       const BoundedSums& denominator, double beta,
                       nmf::Penalty<T> penalty) {
  const double gamma = beta < 1 ? 1 / (2 - beta) : beta > 2 ? 1 / (beta - 1) : 1;
  const Eigen::ArrayXXd old = w.template cast<double>();
  Eigen::ArrayXXd d =
      denominator.value.replicate(denominator.value.rows() == 1 ? w.rows() : 1, 1);
  d += static_cast<double>(penalty.l1) + static_cast<double>(penalty.l2) * old;
  d = (d == 0).select(0x1p-23, d);
  return BoundedSums(RowMatrix<double>(old * (numerator.value.array() / d).pow(gamma)));
}

/// The number of terms in the error bound of sums of powers of products with k terms.
/// 128 more account for exponentials and logarithms.
inline Index terms_of(Index terms, Index k) { return 4 * (terms + k) + 128; }

template <typename T>
void check_value(double value, const PlainDivergence& plain, Index k,
                 const std::string& what) {
  const auto one = [](auto x) {
    return RowMatrix<double>(RowMatrix<double>::Constant(1, 1, static_cast<double>(x)));
  };
  check_near<T>(one(value), {one(plain.value), one(plain.size)}, terms_of(128, k),
                "value: " + what);
}

/// A, its observed entries, and factors.
template <typename T>
struct DivergenceCase {
  RowMatrix<T> a;
  RowMatrix<double> observed;
  RowMatrix<T> w, ht;
  double beta, floor = high_floor;

  PlainDivergence plain() const { return {a, observed, w, ht, beta, floor}; }
  nmf::Divergence<T> measure() const {
    return {static_cast<T>(beta), static_cast<T>(floor)};
  }
};

/// Checks pass(w, numerator or null, denominator or null, penalty). `needs_v`: v is not
/// 1 for all entries.
template <typename T, typename Pass>
void pass_agrees(const DivergenceCase<T>& example, bool needs_v,
                 const std::string& where, Pass&& pass) {
  const Index m = example.a.rows(), n = example.a.cols(), k = example.w.cols();
  const PlainDivergence before = example.plain();
  const BoundedSums ht(example.ht);
  const BoundedSums w_numerator = before.u * ht;
  const BoundedSums w_denominator =
      needs_v ? before.v * ht
              : BoundedSums(RowMatrix<double>(ht.value.colwise().sum()));
  for (const nmf::Penalty<T> penalty : penalties<T>) {
    const std::string what = where + ", beta " + std::to_string(example.beta);
    FactorSlice<T> w(example.w), numerator(n, k), denominator(n, k);
    MatrixView<T> numerator_view = numerator.out(),
                  denominator_view = denominator.out();
    const auto sums =
        pass(w.out(), &numerator_view, needs_v ? &denominator_view : nullptr, penalty);
    check_value<T>(sums.value, before, k, what);
    const RowMatrix<T> found = w.value();
    check_near<T>(
        found, multiplied(example.w, w_numerator, w_denominator, example.beta, penalty),
        terms_of(n, k), "W: " + what);

    // The sums of the new W.
    DivergenceCase<T> later = example;
    later.w = found;
    const PlainDivergence after = later.plain();
    check_near<T>(numerator.value(), after.u.transpose() * BoundedSums(found),
                  terms_of(m, k), "numerator: " + what);
    if (needs_v)
      check_near<T>(denominator.value(), after.v.transpose() * BoundedSums(found),
                    terms_of(m, k), "denominator: " + what);
    check_near<double>(
        RowMatrix<double>(sums.factor_sum.matrix().head(k).transpose()),
        BoundedSums(RowMatrix<double>(BoundedSums(found).value.colwise().sum())), m,
        "sum of W: " + what);

    FactorSlice<T> alone(example.w);
    const auto value = pass(alone.out(), nullptr, nullptr, penalty).value;
    check(same_bits(alone.value(), found) && value == sums.value,
          "the same W and value without sums: " + what);
  }
}

}  // namespace latentia::testing
