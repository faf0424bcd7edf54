#pragma once

#include <vector>

#include "centred_tile.hpp"

/// y = Pᵀc for a group of rows, with P upper triangular. Column j of P takes j + 1
/// multiply-adds per row: half as many as a full matrix.
///
///     P (d × d), c (d × group_rows), y (d × group_rows)
namespace latentia::gmm {

/// Columns of P in a block: 6 × group_vectors sums stay in registers.
inline constexpr int columns_per_block = 6;

/// P, stored in the order in which it is read: blocks of 6 columns, each with its rows
/// down to the diagonal. If 6 does not divide d, the first block is narrower, because
/// there the columns are short.
template <typename T>
class TriangularFactor {
 public:
  TriangularFactor(const T* p, Index d) : features_(d) {
    packed_.reserve(static_cast<std::size_t>((d + columns_per_block) *
                                             (d + columns_per_block) / 2));
    for (Index first = 0; first < d; first += block_width(first))
      for (Index i = 0; i < first + block_width(first); ++i)
        for (Index j = first; j < first + block_width(first); ++j)
          packed_.push_back(i <= j ? p[i * d + j] : T{0});
  }

  /// Calls use_block(first column, rows of y) for every block of columns of P.
  template <typename UseBlock>
  void multiply(const T* c, UseBlock&& use_block) const {
    const T* p = packed_.data();
    Index first = remainder();
    switch (first) {
      case 1:
        p = multiply_block<1>(p, 0, c, use_block);
        break;
      case 2:
        p = multiply_block<2>(p, 0, c, use_block);
        break;
      case 3:
        p = multiply_block<3>(p, 0, c, use_block);
        break;
      case 4:
        p = multiply_block<4>(p, 0, c, use_block);
        break;
      case 5:
        p = multiply_block<5>(p, 0, c, use_block);
        break;
      default:
        break;
    }
    for (; first < features_; first += columns_per_block)
      p = multiply_block<columns_per_block>(p, first, c, use_block);
  }

 private:
  Index remainder() const { return features_ % columns_per_block; }
  Index block_width(Index first) const {
    return first == 0 && remainder() > 0 ? remainder() : columns_per_block;
  }

  using Vector = typename Simd<T>::Vector;

  template <int J, typename UseBlock>
  static const T* multiply_block(const T* p, Index first, const T* c,
                                 UseBlock& use_block) {
    alignas(skinny::vector_bytes) Vector y[J][group_vectors];
    sum_block<J>(p, first + J, c, y);
    use_block(first, y);
    return p + (first + J) * J;
  }

  /// A function of its own, because next to other code the compiler would keep one of
  /// the sums in memory.
  template <int J>
  [[gnu::noinline]] static void sum_block(const T* p, Index depth, const T* c,
                                          Vector (&result)[J][group_vectors]) {
    constexpr int lanes = Simd<T>::lanes;
    Vector y[J][group_vectors] = {};
    for (Index i = 0; i < depth; ++i) {
      Vector x[group_vectors];
#pragma GCC unroll 4
      for (int v = 0; v < group_vectors; ++v)
        x[v] = vector_at(c + i * group_rows<T> + v * lanes);
#pragma GCC unroll 6
      for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
        for (int v = 0; v < group_vectors; ++v) y[j][v] += p[i * J + j] * x[v];
    }
#pragma GCC unroll 6
    for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
      for (int v = 0; v < group_vectors; ++v) result[j][v] = y[j][v];
  }

  Index features_;
  std::vector<T> packed_;
};

/// c = (rows [row, row + group_rows) of the tile) − centre.
template <typename T>
void centre_group(const CentredTile<T>& tile, Index row, const T* centre, T* c) {
  constexpr int lanes = Simd<T>::lanes;
  for (Index j = 0; j < tile.features; ++j)
#pragma GCC unroll 4
    for (int v = 0; v < group_vectors; ++v)
      vector_at(c + j * group_rows<T> + v * lanes) =
          vector_at(tile.by_feature.data() + j * tile.by_feature.cols() + row +
                    v * lanes) -
          centre[j];
}

}  // namespace latentia::gmm
