#pragma once

#include <cstdint>
#include <limits>

#include "../skinny/transpose.hpp"

/// Natural logarithms of vectors of positive numbers.
namespace latentia::nmf {

/// log x of normal numbers; infinity for infinity. In float32 with an error of one unit
/// in the last place at most, and inlined: a loop of it takes half the time of one that
/// calls Eigen's function, which also handles zero and negative numbers.
///
/// x = 2^e·(1 + f) with 1 + f in [√½, √2), and log(1 + f) = f − ½f² + f³·P(f).
///
/// The polynomial P is that of S. Moshier's Cephes library, `logf`.
template <typename T>
typename skinny::Simd<T>::Vector logarithm(const typename skinny::Simd<T>::Vector& x) {
  using Vector = typename skinny::Simd<T>::Vector;
  constexpr int lanes = skinny::Simd<T>::lanes;
  Vector result;
  if constexpr (std::is_same_v<T, double>) {
    using Lanes = Eigen::Array<double, lanes, 1>;
    const Lanes values = Eigen::Map<const Lanes>(reinterpret_cast<const double*>(&x));
    Eigen::Map<Lanes>(reinterpret_cast<double*>(&result)) = values.log();
  } else {
    typedef std::int32_t Ints __attribute__((vector_size(sizeof(Vector))));
    constexpr std::int32_t root_half = 0x3f3504f3;  // √½ in float32
    const Ints bits = reinterpret_cast<Ints>(x);
    const Ints exponent = (bits - root_half) >> 23;
    const Vector f = reinterpret_cast<Vector>(bits - (exponent << 23)) - 1.0F;
    const Vector e = __builtin_convertvector(exponent, Vector);
    Vector p = 7.0376836292e-2F * f - 1.1514610310e-1F;
    for (const float coefficient :
         {1.1676998740e-1F, -1.2420140846e-1F, 1.4249322787e-1F, -1.6668057665e-1F,
          2.0000714765e-1F, -2.4999993993e-1F, 3.3333331174e-1F})
      p = p * f + coefficient;
    const Vector square = f * f;
    // log 2 = 0.693359375 − 2.12194440e-4; the first has few digits: e·0.69… is exact
    result = p * f * square - 2.12194440e-4F * e - 0.5F * square + f + 0.693359375F * e;
    result = x > std::numeric_limits<float>::max() ? x : result;
  }
  return result;
}

}  // namespace latentia::nmf
