#pragma once

#include "../skinny/chunks.hpp"
#include "../skinny/transpose.hpp"
#include "penalty.hpp"

/// What all non-negative factorisations A ≈ W·H share. H is stored as its transpose Ht:
/// both factors are then narrow matrices, and the same code updates their rows.
///
///     A (m × n), W (m × k), Ht (n × k); both factors non-negative
namespace latentia::nmf {

using skinny::chunks_for;
using skinny::nnz;
using skinny::pad_columns;
using skinny::padded;
using skinny::Simd;
using skinny::Tiles;
using skinny::vector_at;

/// Rows of a factor that are updated together, in a buffer with padded rows. It is the
/// largest number of rows in a dense tile.
inline constexpr Index block_rows = 96;

/// Memory that passes reuse. The first use of a new page of memory is slow: for sparse
/// A it would cost more than computing the sums.
template <typename T>
struct Workspace {
  RowMatrix<T> ht;                             // padded
  std::vector<RowMatrix<T>> sums;              // one per chunk of rows
  std::vector<RowMatrix<T>> denominator_sums;  // one per chunk, if it is needed

  /// A padded copy of Ht.

  const RowMatrix<T>& pad(const ConstMatrixView<T>& factor, Index padded_cols,
                          int n_threads) {
    ht.resize(factor.rows(), padded_cols);
    const Chunks chunks = Chunks::with_max_rows(factor.rows(), 2048);
    parallel_for(chunks.count, useful_threads(8 * ht.size(), n_threads), [&](Index c) {
      const Index first = chunks.begin(c), count = chunks.end(c) - first;
      ht.block(first, 0, count, factor.cols()) = factor.middleRows(first, count);
      ht.block(first, factor.cols(), count, padded_cols - factor.cols()).setZero();
    });
    return ht;
  }
};

/// Replaces a denominator of zero: the ε of float32, as in scikit-learn.
template <typename T>
inline constexpr T min_denominator = T(0x1p-23);

/// Sets the rows from `count` up to the next whole vector of rows to zero. The update
/// rules process these rows, too.
template <typename T>
void zero_padding_rows(RowMatrix<T>& block, Index count) {
  block.middleRows(count, padded<T>(count) - count).setZero();
}

/// block = rows [first, first + count) of the factor.
template <typename T>
void load_rows(const MatrixView<T>& factor, Index first, Index count,
               RowMatrix<T>& block) {
  block.topLeftCorner(count, factor.cols()) = factor.middleRows(first, count);
  zero_padding_rows(block, count);
}

template <typename T>
void store_rows(const RowMatrix<T>& block, Index first, Index count,
                MatrixView<T>& factor) {
  factor.middleRows(first, count) = block.topLeftCorner(count, factor.cols());
}

/// Σ x·y over the first `count` rows; sums of rows are added in float64.
template <typename T>
double inner_product(const RowMatrix<T>& x, const RowMatrix<T>& y, Index count) {
  double total = 0;
  for (Index i = 0; i < count; ++i) {
    typename Simd<T>::Vector sum = {};
    for (Index j = 0; j < x.cols(); j += Simd<T>::lanes)
      sum += vector_at(x.data() + i * x.cols() + j) *
             vector_at(y.data() + i * y.cols() + j);
    total += skinny::sum_of_lanes<T>(sum);
  }
  return total;
}

/// sum += blockᵀ·block over the first `count` rows; `scratch` is of the same shape.
template <typename T>
void add_gram(const RowMatrix<T>& block, Index count, RowMatrix<T>& scratch,
              RowMatrix<double>& sum) {
  const Index k = block.cols();
  scratch.setZero(k, k);
  skinny::multiply_add<T>({block.data(), k, count, 1, k}, k, block.data(), k,
                          scratch.data(), k, {block.data(), k});
  sum += scratch.template cast<double>();
}

}  // namespace latentia::nmf
