#pragma once

#include "../parallel.hpp"
#include "sparse_tiles.hpp"

/// How the rows of A are split into chunks, each with a sum of its own.
namespace latentia::skinny {

/// The number of stored entries: of a dense matrix all, of a sparse one those in CSR.
template <typename T>
Index nnz(const Dense<T>& a) {
  return a.rows * a.cols;
}
template <typename T, typename I>
Index nnz(const Csr<T, I>& a) {
  return a.row_start[a.rows];
}

/// Chunks of rows with a sum of n × b scalars each, for a product with b columns.
template <typename T, typename Matrix>
Chunks chunks_for(const Matrix& a, Index b) {
  const Index two_tiles = 2 * Tiles<Matrix>::rows(a);
  // Adding a chunk's sum costs n·b operations. With 24·n stored entries in the chunk,
  // whose products cost 24·n·b, that is 4 % of its work.
  const Index min_rows = 24 * a.cols * a.rows / std::max<Index>(nnz(a), 1);
  return Chunks::for_sums(a.rows, std::max(two_tiles, min_rows),
                          a.cols * b * static_cast<Index>(sizeof(T)));
}

}  // namespace latentia::skinny
