#pragma once

#include <bit>

#include "../random.hpp"
#include "posterior.hpp"
#include "spherical.hpp"

/// Responsibilities before there is a mixture: rules of the same shape as `Posterior`.
namespace latentia::gmm {

/// Every row belongs to the nearest centre, as in Lloyd's iteration; gain(row) is the
/// negative squared distance.
template <typename T>
class Nearest {
 public:
  explicit Nearest(const Mixture<T>& mixture) : mixture_(mixture) {}

  void operator()(const Tile<T>& tile, RowMatrix<T>& r, Row<T>& gain) const {
    const Index rows = tile.wide();
    euclidean_distances(tile, mixture_, r);
    Row<T> least = r.row(0).head(rows);
    for (Index k = 1; k < r.rows(); ++k) least = least.min(r.row(k).head(rows).array());
    Row<T> open = Row<T>::Ones(rows);  // of equally near centres the first takes it
    for (Index k = 0; k < r.rows(); ++k) {
      auto row = r.row(k).head(rows).array();
      row = (row <= least).select(open, T{0});
      open -= row;
    }
    gain = -least;
  }

 private:
  Mixture<T> mixture_;
};

/// Every row belongs to every component with a random share. The numbers come from
/// the seed and the row's own values: any order and any split of the rows gives a row
/// the same ones.
template <typename T>
class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed) {}

  void operator()(const Tile<T>& tile, RowMatrix<T>& r, Row<T>& gain) const {
    gain.setZero(tile.wide());
    for (Index i = 0; i < tile.count; ++i) {
      const std::uint64_t name = hash(tile, i);
      for (Index k = 0; k < r.rows(); ++k) {
        const auto word = philox(name + static_cast<std::uint64_t>(k), seed_);
        r(k, i) = static_cast<T>((word[0] >> 8) + 1) * T{0x1p-24};
      }
      r.col(i) /= r.col(i).sum();
    }
  }

 private:
  /// The finaliser of SplitMix64 (Steele, Lea & Flood 2014) over the row's bits.
  static std::uint64_t hash(const Tile<T>& tile, Index row) {
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
