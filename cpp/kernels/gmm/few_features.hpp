#pragma once

#include <array>
#include <utility>

#include "centred_tile.hpp"

/// Moments for few features, from the layout in which a vector holds one feature of
/// many rows. The sums over a tile stay in registers.
///
///     x (d × rows, `stride` apart), r (rows), centre (d)
namespace latentia::gmm {

/// first_moment += Σ r c_I and second_moment[j] += Σ r c_I c_j for j ≤ I, c = x −
/// centre.
template <typename T, int I>
void add_feature_row(const T* x, Index stride, Index rows, const T* r, const T* centre,
                     double* first_moment, double* second_moment) {
  using Vector = typename Simd<T>::Vector;
  Vector sum = {}, square[I + 1] = {};
  for (Index i = 0; i < rows; i += Simd<T>::lanes) {
    const Vector rc = vector_at(r + i) * (vector_at(x + I * stride + i) - centre[I]);
    sum += rc;
#pragma GCC unroll 8
    for (int j = 0; j <= I; ++j)
      square[j] += rc * (vector_at(x + j * stride + i) - centre[j]);
  }
  *first_moment += sum_of_lanes<T>(sum);
  for (int j = 0; j <= I; ++j) second_moment[j] += sum_of_lanes<T>(square[j]);
}

template <typename T, std::size_t... I>
constexpr auto feature_rows(std::index_sequence<I...>) {
  return std::array{add_feature_row<T, static_cast<int>(I)>...};
}

/// first_moment (d) += Σ r c, and second_moment (d rows at a distance of ld_second) +=
/// Σ r c cᵀ on and below the diagonal.
template <typename T>
void add_few_features_outer_products(const T* x, Index stride, Index rows, Index d,
                                     const T* r, const T* centre, double* first_moment,
                                     double* second_moment, Index ld_second) {
  static constexpr auto add_row =
      feature_rows<T>(std::make_index_sequence<few_features>());
  for (Index i = 0; i < d; ++i)
    add_row[static_cast<std::size_t>(i)](x, stride, rows, r, centre, first_moment + i,
                                         second_moment + i * ld_second);
}

/// first_moment (d) += Σ r c and second_moment (d) += Σ r c².
template <typename T>
void add_few_features_squares(const T* x, Index stride, Index rows, Index d, const T* r,
                              const T* centre, double* first_moment,
                              double* second_moment) {
  using Vector = typename Simd<T>::Vector;
  for (Index j = 0; j < d; ++j) {
    Vector sum = {}, square = {};
    for (Index i = 0; i < rows; i += Simd<T>::lanes) {
      const Vector c = vector_at(x + j * stride + i) - centre[j];
      const Vector rc = vector_at(r + i) * c;
      sum += rc;
      square += rc * c;
    }
    first_moment[j] += sum_of_lanes<T>(sum);
    second_moment[j] += sum_of_lanes<T>(square);
  }
}

}  // namespace latentia::gmm
