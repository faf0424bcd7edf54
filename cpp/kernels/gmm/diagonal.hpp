#pragma once

#include "mixture.hpp"
#include "moments.hpp"
#include "narrow.hpp"

/// A variance for every component and feature.
namespace latentia::gmm {

template <typename T>
class DiagonalDistances {
 public:
  explicit DiagonalDistances(const Mixture<T>& mixture) : mixture_(mixture) {}

  /// q(k, row) = Σ_j ((x_j − μ_kj)·p_kj)².
  void operator()(const Tile<T>& tile, RowMatrix<T>& q) const {
    constexpr int lanes = Simd<T>::lanes;
    for (Index k = 0; k < mixture_.components; ++k) {
      const T* centre = mixture_.centre_of(k);
      const T* precision = mixture_.factor + k * tile.features;
      for (Index row = 0; row < tile.wide(); row += group<T>) {
        typename Simd<T>::Vector sum[group_vectors] = {};
        for (Index j = 0; j < tile.features; ++j)
#pragma GCC unroll 4
          for (int v = 0; v < group_vectors; ++v) {
            const auto x =
                vector_at(tile.lanes.data() + j * tile.lanes.cols() + row + v * lanes);
            const auto y = (x - centre[j]) * precision[j];
            sum[v] += y * y;
          }
#pragma GCC unroll 4
        for (int v = 0; v < group_vectors; ++v)
          vector_at(q.data() + k * q.cols() + row + v * lanes) = sum[v];
      }
    }
  }

 private:
  Mixture<T> mixture_;
};

/// Σ r (x − μ_k) and Σ r (x − μ_k)² of every component and feature.
template <typename T>
class DiagonalMoments {
 public:
  DiagonalMoments(Index components, Index features) : chosen_(Tile<T>::most(features)) {
    sum.setZero(2 * components, padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return 2 * components * padded<T>(features);
  }

  void add(const Tile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index components = r.rows(), d = tile.features, width = sum.cols();
    for (Index k = 0; k < components; ++k) {
      double* first = sum.row(2 * k).data();
      if (tile.narrow()) {
        add_narrow_squares(tile.lanes.data(), tile.lanes.cols(), tile.wide(), d,
                           r.row(k).data(), centre + k * d, first, first + width);
        continue;
      }
      chosen_.choose(r.row(k).data(), tile.count);
      if (chosen_.count == 0) continue;
      about_.setZero(width);
      std::copy(centre + k * d, centre + (k + 1) * d, about_.data());
      Index j = 0;
      for (; j + 4 * Simd<T>::lanes <= width; j += 4 * Simd<T>::lanes)
        add_columns<4>(tile, j, first);
      for (; j < width; j += Simd<T>::lanes) add_columns<1>(tile, j, first);
    }
  }

  void close(const T* /*centre*/) {}

  /// first and second (K × d) from all runs' sums.
  static void finish(const RowMatrix<double>& sum, NarrowOut<double> first,
                     double* second) {
    const Index d = first.cols();
    for (Index k = 0; k < first.rows(); ++k) {
      first.row(k) = sum.row(2 * k).head(d);
      std::copy(sum.row(2 * k + 1).data(), sum.row(2 * k + 1).data() + d,
                second + k * d);
    }
  }

  RowMatrix<double> sum;  // 2K × padded(d): first and second of each component

 private:
  template <int V>
  void add_columns(const Tile<T>& tile, Index j, double* sums) const {
    constexpr int lanes = Simd<T>::lanes;
    typename Simd<T>::Vector first[V] = {}, second[V] = {};
    for (std::size_t s = 0; s < static_cast<std::size_t>(chosen_.count); ++s) {
      const T* x = tile.rows.data() + chosen_.row[s] * tile.rows.cols() + j;
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        const auto c = vector_at(x + v * lanes) - vector_at(&about_[j + v * lanes]);
        const auto rc = chosen_.share[s] * c;
        first[v] += rc;
        second[v] += rc * c;
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      add_wide<T>(sums + j + v * lanes, first[v]);
      add_wide<T>(sums + sum.cols() + j + v * lanes, second[v]);
    }
  }

  Chosen<T> chosen_;
  Eigen::Array<T, Eigen::Dynamic, 1> about_;
};

}  // namespace latentia::gmm
