#pragma once

#include <limits>
#include <vector>

#include "mixture.hpp"

namespace latentia::gmm {

/// A responsibility below ε² is taken for zero: it is lost in every sum that it would
/// enter. In many dimensions most are, and their rows cost nothing.
template <typename T>
inline constexpr T negligible =
    std::numeric_limits<T>::epsilon() * std::numeric_limits<T>::epsilon();

/// The rows of a tile that a component has a share in, gathered.
template <typename T>
class Chosen {
 public:
  explicit Chosen(Index d)
      : centred(RowMatrix<T>::Zero(Tile<T>::most(d), padded<T>(d))),
        weighted(RowMatrix<T>::Zero(Tile<T>::most(d), padded<T>(d + 1))),
        about_(padded<T>(d)) {
    about_.setZero();
    row.resize(static_cast<std::size_t>(Tile<T>::most(d)));
    share.resize(row.size());
  }

  Index count() const { return count_; }

  void choose(const T* r, Index rows) {
    std::size_t n = 0;
    for (Index i = 0; i < rows; ++i) {
      row[n] = i;
      share[n] = r[i];
      n += r[i] > T{0};
    }
    count_ = static_cast<Index>(n);
  }

  /// centred = x − centre, weighted = (r·(x − centre), r), a row for every chosen one.
  void centre(const Tile<T>& tile, const T* centre) {
    constexpr Index lanes = Simd<T>::lanes;
    const Index d = tile.features, width = centred.cols();
    std::copy(centre, centre + d, about_.data());
    for (Index s = 0; s < count_; ++s) {
      const T* x =
          tile.rows.data() + row[static_cast<std::size_t>(s)] * tile.rows.cols();
      T* c = centred.data() + s * width;
      T* rc = weighted.data() + s * weighted.cols();
      const T r = share[static_cast<std::size_t>(s)];
      for (Index j = 0; j < width; j += lanes) {
        const auto value = vector_at(x + j) - vector_at(about_.data() + j);
        vector_at(c + j) = value;
        vector_at(rc + j) = r * value;
      }
      rc[d] = r;
    }
  }

  RowMatrix<T> centred, weighted;
  std::vector<Index> row;
  std::vector<T> share;

 private:
  Eigen::Array<T, Eigen::Dynamic, 1> about_;
  Index count_ = 0;
};

}  // namespace latentia::gmm
