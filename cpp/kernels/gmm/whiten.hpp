#pragma once

#include <vector>

#include "tile.hpp"

/// y = Pᵀc for a group of rows at once, P upper triangular: column j of P takes j + 1
/// multiply-adds a row, so half of a full product.
///
///     P (d × d), c (d × group), y (d × group)
namespace latentia::gmm {

/// Columns of P at a time: 6 × group_vectors sums stay in registers.
inline constexpr int columns_at_once = 6;

/// P in the order in which it is read: blocks of 6 columns, each down to its last row
/// above the diagonal. What 6 does not divide comes first, where columns are short.
template <typename T>
class Triangle {
 public:
  Triangle(const T* p, Index d) : features_(d) {
    packed_.reserve(
        static_cast<std::size_t>((d + columns_at_once) * (d + columns_at_once) / 2));
    for (Index first = 0; first < d; first += block(first))
      for (Index i = 0; i < first + block(first); ++i)
        for (Index j = first; j < first + block(first); ++j)
          packed_.push_back(i <= j ? p[i * d + j] : T{0});
  }

  /// done(first column, y of the block) for every block of columns.
  template <typename Done>
  void times(const T* c, Done&& done) const {
    const T* p = packed_.data();
    Index first = remainder();
    switch (first) {
      case 1:
        p = columns<1>(p, 0, c, done);
        break;
      case 2:
        p = columns<2>(p, 0, c, done);
        break;
      case 3:
        p = columns<3>(p, 0, c, done);
        break;
      case 4:
        p = columns<4>(p, 0, c, done);
        break;
      case 5:
        p = columns<5>(p, 0, c, done);
        break;
      default:
        break;
    }
    for (; first < features_; first += columns_at_once)
      p = columns<columns_at_once>(p, first, c, done);
  }

 private:
  Index remainder() const { return features_ % columns_at_once; }
  Index block(Index first) const {
    return first == 0 && remainder() > 0 ? remainder() : columns_at_once;
  }

  template <int J, typename Done>
  static const T* columns(const T* p, Index first, const T* c, Done& done) {
    using Vector = typename Simd<T>::Vector;
    constexpr int lanes = Simd<T>::lanes;
    const Index depth = first + J;
    Vector y[J][group_vectors] = {};
    for (Index i = 0; i < depth; ++i) {
      Vector x[group_vectors];
#pragma GCC unroll 4
      for (int v = 0; v < group_vectors; ++v)
        x[v] = vector_at(c + i * group<T> + v * lanes);
#pragma GCC unroll 6
      for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
        for (int v = 0; v < group_vectors; ++v) y[j][v] += p[i * J + j] * x[v];
    }
    done(first, y);
    return p + depth * J;
  }

  Index features_;
  std::vector<T> packed_;
};

/// c = the tile's rows [row, row + group) − centre.
template <typename T>
void centre_group(const Tile<T>& tile, Index row, const T* centre, T* c) {
  constexpr int lanes = Simd<T>::lanes;
  for (Index j = 0; j < tile.features; ++j)
#pragma GCC unroll 4
    for (int v = 0; v < group_vectors; ++v)
      vector_at(c + j * group<T> + v * lanes) =
          vector_at(tile.lanes.data() + j * tile.lanes.cols() + row + v * lanes) -
          centre[j];
}

}  // namespace latentia::gmm
