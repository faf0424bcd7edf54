#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/tied.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

/// ‖y‖² has d terms, and each y twice the error of a sum of d terms: 3 d terms in all.
template <typename T, typename Distances>
void agree_with_plain_loops(Covariance type, Index n, Index d, Index components) {
  const ExampleMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1);
  const DenseStorage<T> stored(a, Layout::by_rows);
  const Distances distances(mixture.view());
  gmm::CentredTile<T> tile(d);
  RowMatrix<T> q(components, gmm::CentredTile<T>::capacity(d)), got(n, components);
  gmm::for_each_tile(stored.view, mixture.origin.data(), 0, n, tile, [&](Index first) {
    q.fill(std::numeric_limits<T>::quiet_NaN());
    distances(tile, q);
    check(q.leftCols(tile.padded_rows()).allFinite(), "whole groups are written");
    got.middleRows(first, tile.count) = q.leftCols(tile.count).transpose();
  });
  check_near<T>(got, plain_distances(mixture, mixture.about_origin(a)), 3 * d,
                text(type, n, d));
}

template <typename T>
void all_types(Index n, Index d, Index k) {
  agree_with_plain_loops<T, gmm::FullDistances<T>>(Covariance::full, n, d, k);
  agree_with_plain_loops<T, gmm::TiedDistances<T>>(Covariance::tied, n, d, k);
  agree_with_plain_loops<T, gmm::DiagonalDistances<T>>(Covariance::diagonal, n, d, k);
  agree_with_plain_loops<T, gmm::SphericalDistances<T>>(Covariance::spherical, n, d, k);
}

}  // namespace

void run() {
  for (const Index n : some_rows)
    for (const Index d : some_features) {
      // Up to four components are taken together: 3 and 15 have all kinds of blocks.
      const Index k = d % 2 ? 3 : 15;
      all_types<float>(n, d, k);
      all_types<double>(n, d, k);
    }
}

}  // namespace latentia::testing
