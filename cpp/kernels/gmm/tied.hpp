#pragma once

#include "mixture.hpp"
#include "narrow.hpp"
#include "posterior.hpp"
#include "scatter.hpp"
#include "spherical.hpp"
#include "whiten.hpp"

/// One covariance matrix for all components: both steps take d² work once a row, not
/// once a row and component.
namespace latentia::gmm {

/// Rows and centres are whitened each for itself: float32 keeps four digits of a
/// distance as long as the means lie no more than 10⁴ deviations from the origin.
template <typename T>
class TiedDistances {
 public:
  explicit TiedDistances(const Mixture<T>& mixture)
      : factor_(mixture.factor, mixture.features),
        centre_(mixture.components, mixture.features),
        whitened_(mixture) {
    const Index d = mixture.features;
    const Eigen::Map<const RowMatrix<T>> p(mixture.factor, d, d);
    const Eigen::Map<const RowMatrix<T>> centre(mixture.centre, mixture.components, d);
    centre_ =
        (centre.template cast<double>() * p.template cast<double>()).template cast<T>();
    whitened_.centre = centre_.data();
  }

  TiedDistances(const TiedDistances&) = delete;  // whitened_ points into centre_

  /// q(k, row) = ‖Pᵀ(x − origin) − Pᵀ(μ_k − origin)‖².
  void operator()(const Tile<T>& tile, RowMatrix<T>& q) const {
    const Index d = tile.features;
    RowMatrix<T> c(d, group<T>), z(d, group<T>);
    const RowMatrix<T> zero = RowMatrix<T>::Zero(1, d);
    for (Index row = 0; row < tile.wide(); row += group<T>) {
      centre_group(tile, row, zero.data(), c.data());
      factor_.times(c.data(), [&](Index j, const auto& y) {
        for (const auto& column : y) {
#pragma GCC unroll 4
          for (int v = 0; v < group_vectors; ++v)
            vector_at(z.data() + j * group<T> + v * Simd<T>::lanes) = column[v];
          ++j;
        }
      });
      euclidean_group(z.data(), group<T>, whitened_, q.data() + row, q.cols());
    }
  }

 private:
  Triangle<T> factor_;
  RowMatrix<T> centre_;  // K × d, whitened in float64
  Mixture<T> whitened_;
};

/// Σ r (x − μ_k) of every component, and Σ_k Σ r (x − μ_k)(x − μ_k)ᵀ.
///
/// With w = Σ_k r_k and x̂ = Σ_k r_k μ_k / w, the mean that a row expects,
///
///     Σ_k r_k (x − μ_k)(x − μ_k)ᵀ = w (x − x̂)(x − x̂)ᵀ
///                                   + Σ_{k<l} r_k r_l / w · (μ_k − μ_l)(μ_k − μ_l)ᵀ:
///
/// one outer product a row, and nothing that cancels, as the total scatter minus that
/// between components would for tight ones far apart.
template <typename T>
class TiedMoments {
 public:
  TiedMoments(Index components, Index features)
      : chosen_(Tile<T>::most(features)),
        overlap_(RowMatrix<double>::Zero(components, components)) {
    const Index most = Tile<T>::most(features);
    if (Tile<T>::is_narrow(features))
      error_.resize(features, most);
    else
      error_.setZero(most, padded<T>(features + 1));
    sum.setZero(features + 1 + components, padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return (features + 1 + components) * padded<T>(features);
  }

  void add(const Tile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index n = tile.wide(), d = tile.features;
    if (tile.narrow() && r.rows() > d * d) {  // then K² is more than K·d²
      for (Index k = 0; k < r.rows(); ++k)
        add_narrow_scatter(tile.lanes.data(), tile.lanes.cols(), n, d, r.row(k).data(),
                           centre + k * d, first_of(k, d), sum.data(), sum.cols());
      return;
    }
    const Row<T> w = r.leftCols(n).colwise().sum();
    // A row without weight has no error either.
    const Row<T> inverse =
        (w >= std::numeric_limits<T>::min()).select(w.inverse(), T{0});
    const RowMatrix<T> shares = (r.leftCols(n).array().rowwise() * inverse).matrix();
    overlap_ += (shares * r.leftCols(n).transpose()).template cast<double>();
    if (tile.narrow()) {
      error_.leftCols(n).setZero();
      for (Index k = 0; k < r.rows(); ++k)
        add_narrow_first(tile, r.row(k).data(), centre + k * d, first_of(k, d));
      const RowMatrix<T> zero = RowMatrix<T>::Zero(1, d);
      add_narrow_scatter(error_.data(), error_.cols(), n, d, inverse.data(),
                         zero.data(), first_of(-1, d), sum.data(), sum.cols());
    } else {
      error_.topRows(n).setZero();
      for (Index k = 0; k < r.rows(); ++k) {
        chosen_.choose(r.row(k).data(), tile.count);
        for (Index j = 0; j < d; j += Simd<T>::lanes)
          add_first(tile, j, centre + k * d, first_of(k, d));
      }
      error_.topRows(n).array().colwise() *= inverse.sqrt().transpose();
      add_scatter(error_, n, d, sum.data());
    }
  }

  /// Call once, after all tiles: what the overlap of components adds.
  void close(const T* centre) {
    const Index d = sum.rows() - 1 - overlap_.rows();
    const RowMatrix<double> means =
        Eigen::Map<const RowMatrix<T>>(centre, overlap_.rows(), d)
            .template cast<double>();
    for (Index k = 1; k < means.rows(); ++k) {
      const RowMatrix<double> apart = means.topRows(k).rowwise() - means.row(k);
      sum.topLeftCorner(d, d).noalias() +=
          apart.transpose() * overlap_.row(k).head(k).asDiagonal() * apart;
    }
  }

  /// first (K × d) and second (d × d, both triangles) from all runs' sums.
  static void finish(const RowMatrix<double>& sum, NarrowOut<double> first,
                     double* second) {
    const Index d = first.cols();
    first = sum.bottomRows(first.rows()).leftCols(d);
    Eigen::Map<RowMatrix<double>> square(second, d, d);
    square.template triangularView<Eigen::Lower>() = sum.topLeftCorner(d, d);
    square.template triangularView<Eigen::StrictlyUpper>() = square.transpose();
  }

  RowMatrix<double> sum;  // second, a row that is not used, first of each component

 private:
  /// The row of `sum` that holds the first moments of component k.
  double* first_of(Index k, Index d) { return sum.row(d + 1 + k).data(); }

  /// first += Σ r (x − μ_k), and to the error of every row r (x − μ_k): after all
  /// components it is Σ_k r_k (x − μ_k) = w (x − x̂). One vector of columns from j on.
  void add_first(const Tile<T>& tile, Index j, const T* centre, double* first) {
    using Vector = typename Simd<T>::Vector;
    Vector about = {}, total = {};
    const Index cols = std::min<Index>(Simd<T>::lanes, tile.features - j);
    for (Index l = 0; l < cols; ++l) about[l] = centre[j + l];
    for (std::size_t s = 0; s < static_cast<std::size_t>(chosen_.count); ++s) {
      const Index row = chosen_.row[s];
      const Vector x = vector_at(tile.rows.data() + row * tile.rows.cols() + j);
      const Vector rc = chosen_.share[s] * (x - about);
      total += rc;
      vector_at(error_.data() + row * error_.cols() + j) += rc;
    }
    add_wide<T>(first + j, total);
  }

  /// The same for few features, of which one vector holds many rows.
  void add_narrow_first(const Tile<T>& tile, const T* r, const T* centre,
                        double* first) {
    using Vector = typename Simd<T>::Vector;
    for (Index j = 0; j < tile.features; ++j) {
      Vector total = {};
      for (Index i = 0; i < tile.wide(); i += Simd<T>::lanes) {
        const Vector x = vector_at(tile.lanes.data() + j * tile.lanes.cols() + i);
        const Vector rc = vector_at(r + i) * (x - centre[j]);
        total += rc;
        vector_at(error_.data() + j * error_.cols() + i) += rc;
      }
      first[j] += sum_of_lanes<T>(total);
    }
  }

  Chosen<T> chosen_;
  RowMatrix<T> error_;         // w (x − x̂), in the layout of the tile that is in use
  RowMatrix<double> overlap_;  // Σ r_k r_l / w
};

}  // namespace latentia::gmm
