#pragma once

#include "active_rows.hpp"
#include "few_features.hpp"
#include "mixture.hpp"
#include "squared_distances.hpp"

/// One variance per component and feature ("diag").
namespace latentia::gmm {

template <typename T>
class DiagonalDistances {
 public:
  explicit DiagonalDistances(const Mixture<T>& mixture) : mixture_(mixture) {}

  /// q(k, row) = Σ_j ((x_j − μ_kj)·p_kj)².
  void operator()(const CentredTile<T>& tile, RowMatrix<T>& q) const {
    const T* precision = mixture_.precision_cholesky;
    const auto scaled = [this, precision](Index k, Index j, auto x_j) {
      const Index at = k * mixture_.features + j;
      return (x_j - mixture_.centre[at]) * precision[at];
    };
    for_each_block_of_components(mixture_.components, [&](Index first, auto count) {
      for (Index row = 0; row < tile.padded_rows(); row += group_rows<T>)
        squared_distances_of<count()>(first, tile.by_feature.data() + row,
                                      tile.by_feature.cols(), tile.features, scaled,
                                      q.data() + row, q.cols());
    });
  }

 private:
  Mixture<T> mixture_;
};

/// Σ r (x − μ_k) and Σ r (x − μ_k)² of every component and feature.
template <typename T>
class DiagonalMoments {
 public:
  DiagonalMoments(Index components, Index features)
      : active_(CentredTile<T>::capacity(features)) {
    sum.setZero(2 * components, padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return 2 * components * padded<T>(features);
  }

  void add(const CentredTile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index components = r.rows(), d = tile.features, width = sum.cols();
    for (Index k = 0; k < components; ++k) {
      double* first_moment = sum.row(2 * k).data();
      if (tile.has_few_features()) {
        add_few_features_squares(tile.by_feature.data(), tile.by_feature.cols(),
                                 tile.padded_rows(), d, r.row(k).data(), centre + k * d,
                                 first_moment, first_moment + width);
        continue;
      }
      active_.select(r.row(k).data(), tile.count);
      if (active_.count == 0) continue;
      centre_.setZero(width);
      std::copy(centre + k * d, centre + (k + 1) * d, centre_.data());
      Index j = 0;
      for (; j + 4 * Simd<T>::lanes <= width; j += 4 * Simd<T>::lanes)
        add_columns<4>(tile, j, first_moment);
      for (; j < width; j += Simd<T>::lanes) add_columns<1>(tile, j, first_moment);
    }
  }

  void finish_chunk(const T* /*centre*/) {}

  /// Writes first_moment and second_moment (K × d).
  static void unpack(const RowMatrix<double>& sum, MatrixView<double> first_moment,
                     double* second_moment) {
    const Index d = first_moment.cols();
    for (Index k = 0; k < first_moment.rows(); ++k) {
      first_moment.row(k) = sum.row(2 * k).head(d);
      std::copy(sum.row(2 * k + 1).data(), sum.row(2 * k + 1).data() + d,
                second_moment + k * d);
    }
  }

  RowMatrix<double> sum;  // 2K × padded(d): both moments of each component

 private:
  template <int V>
  void add_columns(const CentredTile<T>& tile, Index j, double* sums) const {
    constexpr int lanes = Simd<T>::lanes;
    typename Simd<T>::Vector first_moment[V] = {}, second_moment[V] = {};
    for (std::size_t s = 0; s < static_cast<std::size_t>(active_.count); ++s) {
      const T* x = tile.by_row.data() + active_.row[s] * tile.by_row.cols() + j;
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        const auto c = vector_at(x + v * lanes) - vector_at(&centre_[j + v * lanes]);
        const auto rc = active_.responsibility[s] * c;
        first_moment[v] += rc;
        second_moment[v] += rc * c;
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      add_in_float64<T>(sums + j + v * lanes, first_moment[v]);
      add_in_float64<T>(sums + sum.cols() + j + v * lanes, second_moment[v]);
    }
  }

  ActiveRows<T> active_;
  Eigen::Array<T, Eigen::Dynamic, 1> centre_;
};

}  // namespace latentia::gmm
