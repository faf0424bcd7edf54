#pragma once

#include "../parallel.hpp"
#include "sparse_tiles.hpp"

/// How the rows of a big matrix are cut into runs, each with sums of its own.
namespace latentia::skinny {

/// Stored numbers, each of which is multiplied with b others.
template <typename T>
Index stored(const Dense<T>& a) {
  return a.rows * a.cols;
}
template <typename T, typename I>
Index stored(const Csr<T, I>& a) {
  return a.row_start[a.rows];
}

/// Row runs with a sum of n × b scalars each, a whole number of tiles long at least,
/// and with so much in each that adding the sums up costs little beside it.
template <typename T, typename Matrix>
Chunks chunks_for(const Matrix& a, Index b) {
  const Index tiles = 2 * Tiles<Matrix>::rows(a);
  const Index worth_a_sum = 24 * a.cols * a.rows / std::max<Index>(stored(a), 1);
  return Chunks::for_sums(a.rows, std::max(tiles, worth_a_sum),
                          a.cols * b * static_cast<Index>(sizeof(T)));
}

}  // namespace latentia::skinny
