#pragma once

#include <array>
#include <utility>

#include "tile.hpp"

/// Sums over rows where there are few features, from the layout in which a vector holds
/// one feature of many rows: sums stay in registers while the tile goes by.
///
///     x (d × rows, `stride` apart), r (rows), centre (d)
namespace latentia::gmm {

/// first += Σ r c_I and second[j] += Σ r c_I c_j for j ≤ I, c = x − centre.
template <typename T, int I>
void add_narrow_row(const T* x, Index stride, Index rows, const T* r, const T* centre,
                    double* first, double* second) {
  using Vector = typename Simd<T>::Vector;
  Vector sum = {}, square[I + 1] = {};
  for (Index i = 0; i < rows; i += Simd<T>::lanes) {
    const Vector rc = vector_at(r + i) * (vector_at(x + I * stride + i) - centre[I]);
    sum += rc;
#pragma GCC unroll 8
    for (int j = 0; j <= I; ++j)
      square[j] += rc * (vector_at(x + j * stride + i) - centre[j]);
  }
  *first += sum_of_lanes<T>(sum);
  for (int j = 0; j <= I; ++j) second[j] += sum_of_lanes<T>(square[j]);
}

template <typename T, std::size_t... I>
constexpr auto narrow_rows(std::index_sequence<I...>) {
  return std::array{add_narrow_row<T, static_cast<int>(I)>...};
}

/// first (d) += Σ r c, and second (d rows, lds apart) += Σ r c cᵀ on and below the
/// diagonal.
template <typename T>
void add_narrow_scatter(const T* x, Index stride, Index rows, Index d, const T* r,
                        const T* centre, double* first, double* second, Index lds) {
  static constexpr auto add_row =
      narrow_rows<T>(std::make_index_sequence<narrow_features>());
  for (Index i = 0; i < d; ++i)
    add_row[static_cast<std::size_t>(i)](x, stride, rows, r, centre, first + i,
                                         second + i * lds);
}

/// first (d) += Σ r c and second (d) += Σ r c².
template <typename T>
void add_narrow_squares(const T* x, Index stride, Index rows, Index d, const T* r,
                        const T* centre, double* first, double* second) {
  using Vector = typename Simd<T>::Vector;
  for (Index j = 0; j < d; ++j) {
    Vector sum = {}, square = {};
    for (Index i = 0; i < rows; i += Simd<T>::lanes) {
      const Vector c = vector_at(x + j * stride + i) - centre[j];
      const Vector rc = vector_at(r + i) * c;
      sum += rc;
      square += rc * c;
    }
    first[j] += sum_of_lanes<T>(sum);
    second[j] += sum_of_lanes<T>(square);
  }
}

}  // namespace latentia::gmm
