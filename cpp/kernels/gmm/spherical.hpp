#pragma once

#include "centred_tile.hpp"
#include "mixture.hpp"

/// One variance per component ("spherical"). Its sums are those of `DiagonalMoments`;
/// the M-step averages them over the features.
namespace latentia::gmm {

/// q(k, row) = ‖x − centre_k‖² for a group of rows. Feature j of the rows is at
/// x + j·stride, and the result for component k at q + k·ldq.
template <typename T>
void euclidean_group(const T* x, Index stride, const Mixture<T>& centres, T* q,
                     Index ldq) {
  constexpr int lanes = Simd<T>::lanes;
  for (Index k = 0; k < centres.components; ++k) {
    const T* centre = centres.centre_of(k);
    typename Simd<T>::Vector sum[group_vectors] = {};
    for (Index j = 0; j < centres.features; ++j)
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
void euclidean_distances(const CentredTile<T>& tile, const Mixture<T>& centres,
                         RowMatrix<T>& q) {
  for (Index row = 0; row < tile.padded_rows(); row += group_rows<T>)
    euclidean_group(tile.by_feature.data() + row, tile.by_feature.cols(), centres,
                    q.data() + row, q.cols());
}

template <typename T>
class SphericalDistances {
 public:
  explicit SphericalDistances(const Mixture<T>& mixture) : mixture_(mixture) {}

  /// q(k, row) = p_k² ‖x − μ_k‖².
  void operator()(const CentredTile<T>& tile, RowMatrix<T>& q) const {
    euclidean_distances(tile, mixture_, q);
    for (Index k = 0; k < q.rows(); ++k)
      q.row(k).head(tile.padded_rows()) *=
          mixture_.precision_cholesky[k] * mixture_.precision_cholesky[k];
  }

 private:
  Mixture<T> mixture_;
};

}  // namespace latentia::gmm
