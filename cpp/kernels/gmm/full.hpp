#pragma once

#include "mixture.hpp"
#include "narrow.hpp"
#include "scatter.hpp"
#include "whiten.hpp"

/// A covariance matrix for every component.
namespace latentia::gmm {

template <typename T>
class FullDistances {
 public:
  explicit FullDistances(const Mixture<T>& mixture) : mixture_(mixture) {
    const Index d = mixture.features;
    for (Index k = 0; k < mixture.components; ++k)
      factor_.emplace_back(mixture.factor + k * d * d, d);
  }

  /// q(k, row) = ‖P_kᵀ(x − μ_k)‖².
  void operator()(const Tile<T>& tile, RowMatrix<T>& q) const {
    using Vector = typename Simd<T>::Vector;
    RowMatrix<T> c(tile.features, group<T>);
    for (Index k = 0; k < mixture_.components; ++k)
      for (Index row = 0; row < tile.wide(); row += group<T>) {
        centre_group(tile, row, mixture_.centre_of(k), c.data());
        Vector sum[group_vectors] = {};
        factor_[static_cast<std::size_t>(k)].times(c.data(), [&](Index, const auto& y) {
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
  std::vector<Triangle<T>> factor_;
};

/// Σ r (x − μ_k) and Σ r (x − μ_k)(x − μ_k)ᵀ of every component.
template <typename T>
class FullMoments {
 public:
  FullMoments(Index components, Index features)
      : chosen_(Tile<T>::most(features)),
        gathered_(
            RowMatrix<T>::Zero(Tile<T>::most(features), padded<T>(features + 1))) {
    sum.setZero(components * (features + 1), padded<T>(features));
  }

  static Index size(Index components, Index features) {
    return components * (features + 1) * padded<T>(features);
  }

  void add(const Tile<T>& tile, const RowMatrix<T>& r, const T* centre) {
    const Index components = r.rows(), d = tile.features;
    for (Index k = 0; k < components; ++k) {
      double* of_k = sum.data() + k * (d + 1) * sum.cols();
      if (tile.narrow()) {
        add_narrow_scatter(tile.lanes.data(), tile.lanes.cols(), tile.wide(), d,
                           r.row(k).data(), centre + k * d, of_k + d * sum.cols(), of_k,
                           sum.cols());
        continue;
      }
      chosen_.choose(r.row(k).data(), tile.count);
      if (chosen_.count == 0) continue;
      gather(tile, chosen_, centre + k * d, gathered_);
      add_scatter(gathered_, chosen_.count, d, of_k);
    }
  }

  void close(const T* /*centre*/) {}

  /// first (K × d) and second (K × d × d, both triangles) from all runs' sums.
  static void finish(const RowMatrix<double>& sum, NarrowOut<double> first,
                     double* second) {
    const Index d = first.cols();
    for (Index k = 0; k < first.rows(); ++k) {
      const auto of_k = sum.middleRows(k * (d + 1), d + 1).leftCols(d);
      first.row(k) = of_k.row(d);
      Eigen::Map<RowMatrix<double>> square(second + k * d * d, d, d);
      square.template triangularView<Eigen::Lower>() = of_k.topRows(d);
      square.template triangularView<Eigen::StrictlyUpper>() = square.transpose();
    }
  }

  RowMatrix<double> sum;  // K blocks of (d + 1) × padded(d): second, and first below it

 private:
  Chosen<T> chosen_;
  RowMatrix<T> gathered_;
};

}  // namespace latentia::gmm
