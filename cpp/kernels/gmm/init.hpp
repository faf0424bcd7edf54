#pragma once

#include <bit>

#include "../random.hpp"
#include "posterior.hpp"
#include "spherical.hpp"

/// Responsibilities for the initialisation, when there are no parameters yet. They have
/// the interface of `Posterior`.
namespace latentia::gmm {

/// Each row belongs to the nearest centre, as in Lloyd's algorithm. In place of the
/// log-likelihood of a row stands its negative squared distance.
template <typename T>
class NearestCentre {
 public:
  explicit NearestCentre(const Mixture<T>& mixture) : mixture_(mixture) {}

  void operator()(const CentredTile<T>& tile, RowMatrix<T>& r,
                  Row<T>& log_likelihood) const {
    const Index rows = tile.padded_rows();
    euclidean_distances(tile, mixture_, r);
    Row<T> smallest = r.row(0).head(rows);
    for (Index k = 1; k < r.rows(); ++k)
      smallest = smallest.min(r.row(k).head(rows).array());
    // The first of several nearest centres gets the row.
    Row<T> unassigned = Row<T>::Ones(rows);
    for (Index k = 0; k < r.rows(); ++k) {
      auto row = r.row(k).head(rows).array();
      row = (row <= smallest).select(unassigned, T{0});
      unassigned -= row;
    }
    log_likelihood = -smallest;
  }

 private:
  Mixture<T> mixture_;
};

/// Random responsibilities. They depend on the seed and on the values of the row, not
/// on its position: the order of the rows and their blocks do not matter. The
/// log-likelihood is zero.
template <typename T>
class RandomResponsibilities {
 public:
  explicit RandomResponsibilities(std::uint64_t seed) : seed_(seed) {}

  void operator()(const CentredTile<T>& tile, RowMatrix<T>& r,
                  Row<T>& log_likelihood) const {
    log_likelihood.setZero(tile.padded_rows());
    for (Index i = 0; i < tile.count; ++i) {
      const std::uint64_t row_hash = hash(tile, i);
      for (Index k = 0; k < r.rows(); ++k) {
        const auto word = philox(row_hash + static_cast<std::uint64_t>(k), seed_);
        r(k, i) = static_cast<T>((word[0] >> 8) + 1) * T{0x1p-24};
      }
      r.col(i) /= r.col(i).sum();
    }
  }

 private:
  /// A hash of the row's bits by the finaliser of SplitMix64 (Steele, Lea & Flood
  /// 2014).
  static std::uint64_t hash(const CentredTile<T>& tile, Index row) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const T* x = tile.raw.data + row * tile.raw.row_stride;
    std::uint64_t h = 0;
    for (Index j = 0; j < tile.features; ++j) {
      h += std::bit_cast<Bits>(x[j * tile.raw.col_stride] + T{0}) + 0x9E3779B97F4A7C15;
      h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9;
      h = (h ^ (h >> 27)) * 0x94D049BB133111EB;
      h ^= h >> 31;
    }
    return h;
  }

  std::uint64_t seed_;
};

}  // namespace latentia::gmm
