#pragma once

#include "mixture.hpp"
#include "moments.hpp"

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
  DiagonalMoments(Index components, Index features)
      : features_(features), chosen_(features) {
    sum.setZero(2 * components, padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return 2 * components * padded<T>(features);
  }

  void add(const Tile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index components = r.rows();
    for (Index k = 0; k < components; ++k) {
      chosen_.choose(r.row(k).data(), tile.count);
      if (chosen_.count() == 0) continue;
      about_.setZero(sum.cols());
      std::copy(centre + k * features_, centre + (k + 1) * features_, about_.data());
      Index j = 0;
      for (; j + 4 * Simd<T>::lanes <= sum.cols(); j += 4 * Simd<T>::lanes)
        add_columns<4>(tile, j, sum.row(2 * k).data());
      for (; j < sum.cols(); j += Simd<T>::lanes)
        add_columns<1>(tile, j, sum.row(2 * k).data());
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
  void add_columns(const Tile<T>& tile, Index j, double* of_k) const {
    constexpr int lanes = Simd<T>::lanes;
    typename Simd<T>::Vector first[V] = {}, second[V] = {};
    for (std::size_t s = 0; s < static_cast<std::size_t>(chosen_.count()); ++s) {
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
      add_wide<T>(of_k + j + v * lanes, first[v]);
      add_wide<T>(of_k + sum.cols() + j + v * lanes, second[v]);
    }
  }

  Index features_;
  Chosen<T> chosen_;
  Eigen::Array<T, Eigen::Dynamic, 1> about_;
};

}  // namespace latentia::gmm
