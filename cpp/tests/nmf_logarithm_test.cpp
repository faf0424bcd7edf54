#include <bit>
#include <cmath>
#include <vector>

#include "../kernels/nmf/kullback_leibler.hpp"
#include "matrices.hpp"

namespace latentia::testing {
namespace {

template <typename T>
T logarithm_of(T x) {
  using Vector = typename skinny::Simd<T>::Vector;
  return nmf::logarithm<T>(Vector{} + x)[skinny::Simd<T>::lanes - 1];
}

/// log x is the exact value, rounded to one of its two neighbours.
template <typename T>
void is_rounded(T x) {
  const double exact = std::log(static_cast<double>(x));
  const T rounded = static_cast<T>(exact);
  const T ulp = std::nextafter(std::abs(rounded), std::numeric_limits<T>::max()) -
                std::abs(rounded);
  check(std::abs(static_cast<double>(logarithm_of(x)) - exact) <=
            static_cast<double>(ulp) * (std::is_same_v<T, float> ? 1.0 : 2.0),
        "log " + std::to_string(x));
}

/// All magnitudes; near √½, where the exponent changes; and near 1, where log x is
/// small and has to keep its digits.
void logarithms_are_rounded() {
  for (std::uint32_t bits = 0x00800000; bits < 0x7f800000; bits += 99'991)
    is_rounded(std::bit_cast<float>(bits));
  for (const float x : {0.70710678F, 1.41421356F, 1.0F})
    for (std::uint32_t i = 0; i < 4000; ++i)
      is_rounded(std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) - 2000 + i));
  for (double x = 1e-300; x < 1e300; x *= 1.37) is_rounded(x);
  check(logarithm_of(1.0F) == 0 && logarithm_of(1.0) == 0, "log 1");
  const float infinity = std::numeric_limits<float>::infinity();
  check(logarithm_of(infinity) == infinity, "log ∞");
}

/// Value and weights, each alone and both, next to plain sums in long double.
template <typename T>
void divergence_agrees(Index size) {
  const T floor = T(1e-3);
  RowMatrix<T> a = random_matrix<T>(1, size + 8, 1).cwiseAbs(),
               q = random_matrix<T>(1, size + 8, 2).cwiseAbs();
  a(0, 3) = q(0, 5) = a(0, 7) = q(0, 7) = 0;
  long double exact = 0, magnitude = 0;
  RowMatrix<T> weights = q;
  for (Index i = 0; i < size; ++i) {
    const long double x = a(0, i), product = q(0, i),
                      u = x / std::max(product, static_cast<long double>(floor)),
                      term = (x > 0 ? x * std::log(u) : 0) - x + product;
    exact += term;
    magnitude += std::abs(term);
    weights(0, i) = static_cast<T>(u);
  }
  const auto agrees = [&](long double found, const RowMatrix<T>& left, bool replaced) {
    const std::string what = "size " + std::to_string(size);
    check(std::abs(found - exact) <= 32 * std::numeric_limits<T>::epsilon() * magnitude,
          "value, " + what);
    const RowMatrix<T>& expected = replaced ? weights : q;
    check(((left - expected).array().abs() <=
           2 * std::numeric_limits<T>::epsilon() * expected.array())
              .all(),
          "weights, " + what);
  };
  RowMatrix<T> u = q;
  agrees(nmf::kullback_leibler<T, true, true>(a.data(), u.data(), size, floor), u,
         true);
  agrees(nmf::kullback_leibler<T, true, false>(a.data(), q.data(), size, floor), q,
         false);
  u = q;
  nmf::kullback_leibler<T, false, true>(a.data(), u.data(), size, floor);
  agrees(exact, u, true);
}

/// One entry, repeated: returns the mean value, and the weight in `q`.
template <typename T>
double divergence_of(T a, T& q, T floor) {
  constexpr Index size = 64;
  std::vector<T> entries(size, a), products(size, q);
  const double value = nmf::kullback_leibler<T, true, true>(
      entries.data(), products.data(), size, floor);
  q = products[size / 2];
  return value / size;
}

/// What overflows stays infinite, and NaN stays NaN: the driver refuses both.
template <typename T>
void values_that_are_not_finite() {
  constexpr T infinity = std::numeric_limits<T>::infinity(),
              least = std::numeric_limits<T>::denorm_min(),
              most = std::numeric_limits<T>::max();
  T q = std::numeric_limits<T>::quiet_NaN();
  check(std::isnan(divergence_of(T(1), q, T(1e-3))) && std::isnan(q), "q is NaN");
  q = infinity;
  check(divergence_of(T(1), q, T(1e-3)) == infinity && q == 0, "q is infinite");
  q = 0;
  check(divergence_of(most, q, T(1e-30)) == infinity && q == infinity, "a/q overflows");
  q = 1;
  check(divergence_of(least, q, T(1e-3)) == 1 && q == least, "a is denormal");
  q = least;
  check(divergence_of(T(0), q, T(1e-3)) < 1e-30 && q == 0, "q is denormal");
}

}  // namespace

void run() {
  logarithms_are_rounded();
  // Every length, as the last entries are less than a vector, and more than one block.
  for (Index size = 0; size < 80; ++size) {
    divergence_agrees<float>(size);
    divergence_agrees<double>(size);
  }
  divergence_agrees<float>(2 * nmf::summed_in_t + 77);
  divergence_agrees<double>(2 * nmf::summed_in_t + 77);
  values_that_are_not_finite<float>();
  values_that_are_not_finite<double>();
}

}  // namespace latentia::testing
