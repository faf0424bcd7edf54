#pragma once

#include "mixture.hpp"

/// One variance for every component. Its sums are those of `DiagonalMoments`, whose
/// features are then averaged.
namespace latentia::gmm {

/// q(k, row) = ‖x − centre_k‖² for a group of rows; feature j of them lies at
/// x + j·stride, q(k, row) at q + k·ldq.
template <typename T>
void euclidean_group(const T* x, Index stride, const Mixture<T>& about, T* q,
                     Index ldq) {
  constexpr int lanes = Simd<T>::lanes;
  for (Index k = 0; k < about.components; ++k) {
    const T* centre = about.centre_of(k);
    typename Simd<T>::Vector sum[group_vectors] = {};
    for (Index j = 0; j < about.features; ++j)
#pragma GCC unroll 4
      for (int v = 0; v < group_vectors; ++v) {
        const auto c = vector_at(x + j * stride + v * lanes) - centre[j];
        sum[v] += c * c;
      }
#pragma GCC unroll 4
    for (int v = 0; v < group_vectors; ++v) vector_at(q + k * ldq + v * lanes) = sum[v];
  }
}

/// q(k, row) = ‖x − μ_k‖² for the rows of a tile.
template <typename T>
void euclidean_distances(const Tile<T>& tile, const Mixture<T>& about,
                         RowMatrix<T>& q) {
  for (Index row = 0; row < tile.wide(); row += group<T>)
    euclidean_group(tile.lanes.data() + row, tile.lanes.cols(), about, q.data() + row,
                    q.cols());
}

template <typename T>
class SphericalDistances {
 public:
  explicit SphericalDistances(const Mixture<T>& mixture) : mixture_(mixture) {}

  /// q(k, row) = p_k² ‖x − μ_k‖².
  void operator()(const Tile<T>& tile, RowMatrix<T>& q) const {
    euclidean_distances(tile, mixture_, q);
    for (Index k = 0; k < q.rows(); ++k)
      q.row(k).head(tile.wide()) *= mixture_.factor[k] * mixture_.factor[k];
  }

 private:
  Mixture<T> mixture_;
};

}  // namespace latentia::gmm
