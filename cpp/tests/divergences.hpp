#pragma once

#include <array>

#include "../kernels/nmf/filled.hpp"
#include "factors.hpp"

/// β-divergences in float64, and what a pass of multiplicative updates has to leave.
namespace latentia::testing {

constexpr double betas[] = {-1, 0, 0.5, 1, 1.5, 2, 3};
/// High enough for some products to lie below it.
constexpr double high_floor = 0.5;

/// D(A | W·H) over the known entries, and u = a·q^(β−2), v = q^(β−1), which are zero
/// elsewhere. `known` (m × n) is 1 where an entry is, else 0.
struct PlainDivergence {
  Sums u, v;
  long double value = 0, size = 0;  // of many terms that are alike

  template <typename T>
  PlainDivergence(const RowMatrix<T>& a, const RowMatrix<double>& known,
                  const RowMatrix<T>& w, const RowMatrix<T>& ht, double beta,
                  double floor)
      : u(RowMatrix<double>(0 * known)), v(u) {
    const RowMatrix<double> q =
        w.template cast<double>() * ht.template cast<double>().transpose();
    for (Index i = 0; i < a.rows(); ++i)
      for (Index j = 0; j < a.cols(); ++j) {
        if (known(i, j) == 0) continue;
        const auto one = static_cast<double>(a(i, j));
        const double least = std::max(q(i, j), floor);
        // Powers that are not negative need no floor.
        const double slope = std::pow(beta < 1 ? least : q(i, j), beta - 1);
        u.value(i, j) = one * std::pow(beta < 2 ? least : q(i, j), beta - 2);
        v.value(i, j) = slope;
        add(one, q(i, j), least, slope, beta);
        size += (u.value(i, j) + slope) * least;
      }
    // A power of zero may come out as one of a very small number.
    u.size = u.value + 1e-6 * known;
    v.size = v.value + 1e-6 * known;
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

/// w·(numerator / (denominator + l1 + l2·w))^γ; a denominator may be one row for all.
template <typename T>
Sums multiplied(const RowMatrix<T>& w, const Sums& numerator, const Sums& denominator,
                double beta, nmf::Penalty<T> penalty) {
  const double gamma = beta < 1 ? 1 / (2 - beta) : beta > 2 ? 1 / (beta - 1) : 1;
  const Eigen::ArrayXXd old = w.template cast<double>();
  Eigen::ArrayXXd d =
      denominator.value.replicate(denominator.value.rows() == 1 ? w.rows() : 1, 1);
  d += static_cast<double>(penalty.l1) + static_cast<double>(penalty.l2) * old;
  d = (d == 0).select(0x1p-23, d);
  return Sums(RowMatrix<double>(old * (numerator.value.array() / d).pow(gamma)));
}

/// Sums of products with k terms, powers of these, and what rounding their exponentials
/// and logarithms adds.
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

/// A, which of its entries are known, and factors.
template <typename T>
struct DivergenceCase {
  RowMatrix<T> a;
  RowMatrix<double> known;
  RowMatrix<T> w, ht;
  double beta, floor = high_floor;

  PlainDivergence plain() const { return {a, known, w, ht, beta, floor}; }
  nmf::Divergence<T> measure() const {
    return {static_cast<T>(beta), static_cast<T>(floor)};
  }
};

/// pass(w, numerator or none, denominator or none, penalty) for a case whose slopes v
/// are 1 for every entry, or are not.
template <typename T, typename Pass>
void pass_agrees(const DivergenceCase<T>& of, bool slopes, const std::string& where,
                 Pass&& pass) {
  const Index m = of.a.rows(), n = of.a.cols(), k = of.w.cols();
  const PlainDivergence before = of.plain();
  const Sums ht(of.ht);
  const Sums up = before.u * ht;
  const Sums down =
      slopes ? before.v * ht : Sums(RowMatrix<double>(ht.value.colwise().sum()));
  for (const nmf::Penalty<T> penalty : penalties<T>) {
    const std::string what = where + ", beta " + std::to_string(of.beta);
    Apart<T> w(of.w), numerator(n, k), denominator(n, k);
    NarrowOut<T> up_out = numerator.out(), down_out = denominator.out();
    const auto sums = pass(w.out(), &up_out, slopes ? &down_out : nullptr, penalty);
    check_value<T>(sums.value, before, k, what);
    const RowMatrix<T> found = w.value();
    check_near<T>(found, multiplied(of.w, up, down, of.beta, penalty), terms_of(n, k),
                  "W: " + what);

    // What follows from the W that was found.
    DivergenceCase<T> later = of;
    later.w = found;
    const PlainDivergence after = later.plain();
    check_near<T>(numerator.value(), after.u.transpose() * Sums(found), terms_of(m, k),
                  "numerator: " + what);
    if (slopes)
      check_near<T>(denominator.value(), after.v.transpose() * Sums(found),
                    terms_of(m, k), "denominator: " + what);
    check_near<double>(RowMatrix<double>(sums.of_factor.matrix().head(k).transpose()),
                       Sums(RowMatrix<double>(Sums(found).value.colwise().sum())), m,
                       "sum of W: " + what);

    Apart<T> alone(of.w);
    const auto value = pass(alone.out(), nullptr, nullptr, penalty).value;
    check(same_bits(alone.value(), found) && value == sums.value,
          "the same without sums: " + what);
  }
}

}  // namespace latentia::testing
