#pragma once

#include "mixture.hpp"
#include "squared_distances.hpp"

/// One variance per component ("spherical"). Its sums are those of `DiagonalMoments`;
/// the M-step averages them over the features.
namespace latentia::gmm {

/// q(k, row) = ‖x − centre_k‖² for a group of rows. Feature j of the rows is at
/// x + j·stride, and the result for component k at q + k·ldq.
template <typename T>
void euclidean_group(const T* x, Index stride, const Mixture<T>& centres, T* q,
                     Index ldq) {
  const auto off = [&centres](Index k, Index j, auto x_j) {
    return x_j - centres.centre_of(k)[j];
  };
  for_each_block_of_components(centres.components, [&](Index first, auto count) {
    squared_distances_of<count()>(first, x, stride, centres.features, off, q, ldq);
  });
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
