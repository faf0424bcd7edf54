#pragma once

#include <algorithm>
#include <vector>

#include "few_features.hpp"
#include "mixture.hpp"
#include "outer_products.hpp"
#include "whiten.hpp"

/// One covariance matrix per component ("full").
namespace latentia::gmm {

template <typename T>
class FullDistances {
 public:
  explicit FullDistances(const Mixture<T>& mixture) : mixture_(mixture) {
    const Index d = mixture.features;
    for (Index k = 0; k < mixture.components; ++k)
      precision_cholesky_.emplace_back(mixture.precision_cholesky + k * d * d, d);
  }

  /// q(k, row) = ‖P_kᵀ(x − μ_k)‖².
  void operator()(const CentredTile<T>& tile, RowMatrix<T>& q) const {
    using Vector = typename Simd<T>::Vector;
    RowMatrix<T> c(tile.features, group_rows<T>);
    for (Index k = 0; k < mixture_.components; ++k)
      for (Index row = 0; row < tile.padded_rows(); row += group_rows<T>) {
        centre_group(tile, row, mixture_.centre_of(k), c.data());
        Vector sum[group_vectors] = {};
        precision_cholesky_[static_cast<std::size_t>(k)].multiply(
            c.data(), [&](Index, const auto& y) {
#pragma GCC unroll 4
              for (int v = 0; v < group_vectors; ++v)
                for (const auto& column : y) sum[v] += column[v] * column[v];
            });
#pragma GCC unroll 4
        for (int v = 0; v < group_vectors; ++v)
          vector_at(q.data() + k * q.cols() + row + v * Simd<T>::lanes) = sum[v];
      }
  }

 private:
  Mixture<T> mixture_;
  std::vector<TriangularFactor<T>> precision_cholesky_;
};

/// Σ r (x − μ_k) and Σ r (x − μ_k)(x − μ_k)ᵀ of every component.
template <typename T>
class FullMoments {
 public:
  FullMoments(Index components, Index features)
      : active_(CentredTile<T>::capacity(features)),
        centre_(RowMatrix<T>::Zero(1, padded<T>(features))),
        root_(static_cast<std::size_t>(CentredTile<T>::capacity(features))),
        weighted_(RowMatrix<T>::Zero(CentredTile<T>::capacity(features),
                                     padded<T>(features + 1))) {
    sum.setZero(components * (features + 1), padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return components * (features + 1) * padded<T>(features);
  }

  void add(const CentredTile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index components = r.rows(), d = tile.features;
    for (Index k = 0; k < components; ++k) {
      double* sums_of_k = sum.data() + k * (d + 1) * sum.cols();
      if (tile.has_few_features()) {
        add_few_features_outer_products(tile.by_feature.data(), tile.by_feature.cols(),
                                        tile.padded_rows(), d, r.row(k).data(),
                                        centre + k * d, sums_of_k + d * sum.cols(),
                                        sums_of_k, sum.cols());
        continue;
      }
      active_.select(r.row(k).data(), tile.count);
      if (active_.count == 0) continue;
      std::copy_n(centre + k * d, d, centre_.data());
      weighted_rows(tile, active_, centre_, root_.data(), weighted_);
      add_outer_products(weighted_, active_.count, d, sums_of_k);
    }
  }

  void finish_chunk(const T* /*centre*/) {}

  /// Writes first_moment (K × d) and second_moment (K × d × d, both triangles).
  static void unpack(const RowMatrix<double>& sum, MatrixView<double> first_moment,
                     double* second_moment) {
    const Index d = first_moment.cols();
    for (Index k = 0; k < first_moment.rows(); ++k) {
      const auto sums_of_k = sum.middleRows(k * (d + 1), d + 1).leftCols(d);
      first_moment.row(k) = sums_of_k.row(d);
      Eigen::Map<RowMatrix<double>> square(second_moment + k * d * d, d, d);
      square.template triangularView<Eigen::Lower>() = sums_of_k.topRows(d);
      square.template triangularView<Eigen::StrictlyUpper>() = square.transpose();
    }
  }

  /// K blocks of (d + 1) × padded(d): the second moment, and the first one as last row.
  RowMatrix<double> sum;

 private:
  ActiveRows<T> active_;
  RowMatrix<T> centre_;  // of one component, padded
  std::vector<T> root_;  // √r of the active rows
  RowMatrix<T> weighted_;
};

}  // namespace latentia::gmm
