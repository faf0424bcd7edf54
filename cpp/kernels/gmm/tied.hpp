#pragma once

#include <algorithm>

#include "few_features.hpp"
#include "mixture.hpp"
#include "outer_products.hpp"
#include "posterior.hpp"
#include "spherical.hpp"
#include "whiten.hpp"

/// One covariance matrix for all components ("tied"): E-step and M-step take d²
/// operations per row, not per row and component.
namespace latentia::gmm {

/// Rows and centres are whitened separately. In float32 a distance keeps four digits if
/// no mean is more than 10⁴ standard deviations from the origin.
template <typename T>
class TiedDistances {
 public:
  explicit TiedDistances(const Mixture<T>& mixture)
      : precision_cholesky_(mixture.precision_cholesky, mixture.features),
        centre_(mixture.components, mixture.features),
        mixture_(mixture) {
    const Index d = mixture.features;
    const Eigen::Map<const RowMatrix<T>> p(mixture.precision_cholesky, d, d);
    const Eigen::Map<const RowMatrix<T>> centre(mixture.centre, mixture.components, d);
    centre_ =
        (centre.template cast<double>() * p.template cast<double>()).template cast<T>();
  }

  /// q(k, row) = ‖Pᵀ(x − origin) − Pᵀ(μ_k − origin)‖².
  void operator()(const CentredTile<T>& tile, RowMatrix<T>& q) const {
    const Index d = tile.features;
    RowMatrix<T> c(d, group_rows<T>), z(d, group_rows<T>);
    const RowMatrix<T> zero = RowMatrix<T>::Zero(1, d);
    Mixture<T> whitened = mixture_;
    whitened.centre = centre_.data();
    for (Index row = 0; row < tile.padded_rows(); row += group_rows<T>) {
      centre_group(tile, row, zero.data(), c.data());
      precision_cholesky_.multiply(c.data(), [&](Index j, const auto& y) {
        for (const auto& column : y) {
#pragma GCC unroll 4
          for (int v = 0; v < group_vectors; ++v)
            vector_at(z.data() + j * group_rows<T> + v * Simd<T>::lanes) = column[v];
          ++j;
        }
      });
      euclidean_group(z.data(), group_rows<T>, whitened, q.data() + row, q.cols());
    }
  }

 private:
  TriangularFactor<T> precision_cholesky_;
  RowMatrix<T> centre_;  // K × d, whitened in float64
  Mixture<T> mixture_;
};

/// Σ r (x − μ_k) of every component, and Σ_k Σ r (x − μ_k)(x − μ_k)ᵀ.
///
/// With w = Σ_k r_k and the expected mean x̂ = Σ_k r_k μ_k / w of a row,
///
///     Σ_k r_k (x − μ_k)(x − μ_k)ᵀ = w (x − x̂)(x − x̂)ᵀ
///                                   + Σ_{k<l} r_k r_l / w · (μ_k − μ_l)(μ_k − μ_l)ᵀ.
///
/// This takes one outer product per row and has no cancellation. (The difference of the
/// total scatter and the scatter between components loses digits if components are
/// small and far apart.)
template <typename T>
class TiedMoments {
 public:
  TiedMoments(Index components, Index features)
      : active_(CentredTile<T>::capacity(features)),
        centre_(Eigen::Array<T, Eigen::Dynamic, 1>::Zero(padded<T>(features))),
        overlap_(RowMatrix<double>::Zero(components, components)) {
    const Index capacity = CentredTile<T>::capacity(features);
    if (CentredTile<T>::has_few_features(features))
      weighted_residual_.resize(features, capacity);
    else
      weighted_residual_.setZero(capacity, padded<T>(features + 1));
    sum.setZero(features + 1 + components, padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return (features + 1 + components) * padded<T>(features);
  }

  void add(const CentredTile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index n = tile.padded_rows(), d = tile.features;
    if (tile.has_few_features() && r.rows() > d * d) {
      // The second moments of each component take K·d² operations per row, the overlap
      // below takes K².
      for (Index k = 0; k < r.rows(); ++k)
        add_few_features_outer_products(tile.by_feature.data(), tile.by_feature.cols(),
                                        n, d, r.row(k).data(), centre + k * d,
                                        first_moment_of(k, d), sum.data(), sum.cols());
      return;
    }
    const Row<T> w = r.leftCols(n).colwise().sum();
    // If w is zero, so is the residual.
    const Row<T> inverse =
        (w >= std::numeric_limits<T>::min()).select(w.inverse(), T{0});
    const RowMatrix<T> normalised =
        (r.leftCols(n).array().rowwise() * inverse).matrix();
    overlap_ += (normalised * r.leftCols(n).transpose()).template cast<double>();
    if (tile.has_few_features()) {
      weighted_residual_.leftCols(n).setZero();
      for (Index k = 0; k < r.rows(); ++k)
        add_few_features_first_moment(tile, r.row(k).data(), centre + k * d,
                                      first_moment_of(k, d));
      const RowMatrix<T> zero = RowMatrix<T>::Zero(1, d);
      add_few_features_outer_products(
          weighted_residual_.data(), weighted_residual_.cols(), n, d, inverse.data(),
          zero.data(), first_moment_of(-1, d), sum.data(), sum.cols());
    } else {
      weighted_residual_.topRows(n).setZero();
      for (Index k = 0; k < r.rows(); ++k) {
        active_.select(r.row(k).data(), tile.count);
        if (active_.count == 0) continue;
        std::copy_n(centre + k * d, d, centre_.data());
        Index j = 0;
        for (; j + 4 * Simd<T>::lanes <= sum.cols(); j += 4 * Simd<T>::lanes)
          add_first_moment<4>(tile, j, first_moment_of(k, d));
        for (; j < sum.cols(); j += Simd<T>::lanes)
          add_first_moment<1>(tile, j, first_moment_of(k, d));
      }
      weighted_residual_.topRows(n).array().colwise() *= inverse.sqrt().transpose();
      add_outer_products(weighted_residual_, n, d, sum.data());
    }
  }

  /// Call once, after all tiles: adds the term of the overlap.
  void finish_chunk(const T* centre) {
    const Index d = sum.rows() - 1 - overlap_.rows();
    const RowMatrix<double> means =
        Eigen::Map<const RowMatrix<T>>(centre, overlap_.rows(), d)
            .template cast<double>();
    for (Index k = 1; k < means.rows(); ++k) {
      const RowMatrix<double> difference = means.topRows(k).rowwise() - means.row(k);
      sum.topLeftCorner(d, d).noalias() +=
          difference.transpose() * overlap_.row(k).head(k).asDiagonal() * difference;
    }
  }

  /// Writes first_moment (K × d) and second_moment (d × d, both triangles).
  static void unpack(const RowMatrix<double>& sum, MatrixView<double> first_moment,
                     double* second_moment) {
    const Index d = first_moment.cols();
    first_moment = sum.bottomRows(first_moment.rows()).leftCols(d);
    Eigen::Map<RowMatrix<double>> square(second_moment, d, d);
    square.template triangularView<Eigen::Lower>() = sum.topLeftCorner(d, d);
    square.template triangularView<Eigen::StrictlyUpper>() = square.transpose();
  }

  /// (d + 1 + K) × padded(d): the second moment, an unused row, the K first moments.
  RowMatrix<double> sum;

 private:
  /// The row of `sum` with the first moment of component k.
  /// The unused row is that of component −1.
  double* first_moment_of(Index k, Index d) { return sum.row(d + 1 + k).data(); }

  /// first_moment += Σ r (x − μ_k), and the residual of every row += r (x − μ_k): after
  /// all components it is Σ_k r_k (x − μ_k) = w (x − x̂). V vectors of columns from j
  /// on: four are a line of the cache or more.
  template <int V>
  void add_first_moment(const CentredTile<T>& tile, Index j, double* first_moment) {
    constexpr int lanes = Simd<T>::lanes;
    typename Simd<T>::Vector total[V] = {};
    for (std::size_t s = 0; s < static_cast<std::size_t>(active_.count); ++s) {
      const Index row = active_.row[s];
      const T* x = tile.by_row.data() + row * tile.by_row.cols() + j;
      T* residual = weighted_residual_.data() + row * weighted_residual_.cols() + j;
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        const auto rc = active_.responsibility[s] *
                        (vector_at(x + v * lanes) - vector_at(&centre_[j + v * lanes]));
        total[v] += rc;
        vector_at(residual + v * lanes) += rc;
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      add_in_float64<T>(first_moment + j + v * lanes, total[v]);
  }

  /// The same for few features, where one vector holds one feature of many rows.
  void add_few_features_first_moment(const CentredTile<T>& tile, const T* r,
                                     const T* centre, double* first_moment) {
    using Vector = typename Simd<T>::Vector;
    for (Index j = 0; j < tile.features; ++j) {
      Vector total = {};
      for (Index i = 0; i < tile.padded_rows(); i += Simd<T>::lanes) {
        const Vector x =
            vector_at(tile.by_feature.data() + j * tile.by_feature.cols() + i);
        const Vector rc = vector_at(r + i) * (x - centre[j]);
        total += rc;
        vector_at(weighted_residual_.data() + j * weighted_residual_.cols() + i) += rc;
      }
      first_moment[j] += sum_of_lanes<T>(total);
    }
  }

  ActiveRows<T> active_;
  Eigen::Array<T, Eigen::Dynamic, 1> centre_;  // of one component, padded
  /// w (x − x̂): features × rows if there are few features, else rows × features.
  RowMatrix<T> weighted_residual_;
  RowMatrix<double> overlap_;  // Σ r_k r_l / w
};

}  // namespace latentia::gmm
