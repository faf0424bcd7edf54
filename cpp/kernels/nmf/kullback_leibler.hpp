#pragma once

#include <algorithm>

#include "logarithm.hpp"

/// The Kullback-Leibler divergence and its weights in one loop, without an array
/// between its steps.
namespace latentia::nmf {

/// Entries whose terms are summed in T, in as many sums as a vector has lanes.
inline constexpr Index summed_in_t = 512;

/// Returns Σ a·log(a/q) − a + q over `size` entries (0 unless `value`), and replaces q
/// by u = a/q if `weights`. Denominators are at least `floor`.
///
/// The lower bound inside the logarithm gives 0·log 0 = 0. A q that is NaN stays it.
template <typename T, bool value, bool weights, typename Q>
double kullback_leibler(const T* a, Q* q, Index size, T floor) {
  using Vector = typename skinny::Simd<T>::Vector;
  constexpr int lanes = skinny::Simd<T>::lanes;
  const auto terms = [floor](const Vector& x, const Vector& product, Vector& sum) {
    constexpr T least = std::numeric_limits<T>::min();
    const Vector u = x / (floor > product ? Vector{} + floor : product);
    if constexpr (value)
      sum += x * logarithm<T>(u > least ? u : Vector{} + least) - x + product;
    return u;
  };
  double total = 0;
  const Index whole = size / lanes * lanes;
  for (Index begin = 0; begin < whole; begin += summed_in_t) {
    Vector sum = {};
    const Index end = std::min(whole, begin + summed_in_t);
    for (Index i = begin; i < end; i += lanes) {
      const Vector u = terms(skinny::vector_at(a + i), skinny::vector_at(q + i), sum);
      if constexpr (weights) skinny::vector_at(q + i) = u;
    }
    if constexpr (value) total += skinny::sum_of_lanes<T>(sum);
  }
  if (whole < size) {
    Vector x = {}, product = {}, sum = {};
    for (Index i = whole; i < size; ++i) {
      x[i - whole] = a[i];
      product[i - whole] = q[i];
    }
    const Vector u = terms(x, product, sum);
    if constexpr (weights)
      for (Index i = whole; i < size; ++i) q[i] = u[i - whole];
    if constexpr (value) total += skinny::sum_of_lanes<T>(sum);
  }
  return total;
}

}  // namespace latentia::nmf
