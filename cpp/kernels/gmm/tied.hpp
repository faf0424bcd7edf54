#pragma once

#include "mixture.hpp"
#include "moments.hpp"
#include "scatter.hpp"
#include "spherical.hpp"
#include "whiten.hpp"

/// One covariance matrix for all components: both steps take d² work once a row, not
/// once a row and component.
namespace latentia::gmm {

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
      : features_(features),
        chosen_(features),
        error_(Tile<T>::most(features), padded<T>(features)),
        weighted_(RowMatrix<T>::Zero(error_.rows(), padded<T>(features + 1))),
        overlap_(RowMatrix<double>::Zero(components, components)) {
    sum.setZero(features + 1 + components, padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return (features + 1 + components) * padded<T>(features);
  }

  void add(const Tile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index components = r.rows(), n = tile.count;
    error_.topRows(n).setZero();
    for (Index k = 0; k < components; ++k) {
      chosen_.choose(r.row(k).data(), n);
      if (chosen_.count() == 0) continue;
      chosen_.centre(tile, centre + k * features_);
      add_first(sum.row(features_ + 1 + k).data());
    }
    const RowMatrix<T> shares = r.leftCols(n);
    const Eigen::Array<T, 1, Eigen::Dynamic> w = shares.colwise().sum();
    // A row of weight zero has no error either.
    const Eigen::Array<T, 1, Eigen::Dynamic> inverse =
        (w > T{0}).select(w.inverse(), T{0});
    error_.topRows(n).array().colwise() *= inverse.transpose();
    weighted_.block(0, 0, n, error_.cols()) =
        (error_.topRows(n).array().colwise() * w.transpose()).matrix();
    add_scatter(weighted_, error_, n, features_, sum.data());
    overlap_ += (shares.array().rowwise() * inverse).matrix().template cast<double>() *
                shares.transpose().template cast<double>();
  }

  /// Call once, after all tiles: what the overlap of components adds.
  void close(const T* centre) {
    const Eigen::Map<const RowMatrix<T>> means(centre, overlap_.rows(), features_);
    for (Index k = 0; k < overlap_.rows(); ++k)
      for (Index l = 0; l < k; ++l) {
        const Eigen::RowVectorXd apart = (means.row(k).template cast<double>() -
                                          means.row(l).template cast<double>());
        sum.topLeftCorner(features_, features_).noalias() +=
            overlap_(k, l) * apart.transpose() * apart;
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
  /// first += Σ r (x − μ_k), and to every row's error r (x − μ_k): after all
  /// components Σ_k r_k (x − μ_k) = w (x − x̂).
  void add_first(double* first) {
    constexpr Index lanes = Simd<T>::lanes;
    for (Index j = 0; j < error_.cols(); j += lanes) {
      typename Simd<T>::Vector total = {};
      for (Index s = 0; s < chosen_.count(); ++s) {
        const auto rc =
            vector_at(chosen_.weighted.data() + s * chosen_.weighted.cols() + j);
        total += rc;
        vector_at(error_.data() +
                  chosen_.row[static_cast<std::size_t>(s)] * error_.cols() + j) += rc;
      }
      add_wide<T>(first + j, total);
    }
  }

  Index features_;
  Chosen<T> chosen_;
  RowMatrix<T> error_, weighted_;
  RowMatrix<double> overlap_;  // Σ r_k r_l / w
};

}  // namespace latentia::gmm
