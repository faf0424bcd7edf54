#pragma once

#include <numeric>

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
using skinny::padded_to_half_vector;
using skinny::Simd;
using skinny::Tiles;
using skinny::vector_at;

/// Rows of a factor that are updated together, in a buffer with padded rows. It is the
/// largest number of rows in a dense tile.
inline constexpr Index block_rows = 96;

/// to = from for `cols` columns of a row. Eigen's copy of so few unaligned columns
/// takes several times as long.
template <typename T>
void copy_row(const T* from, Index cols, T* to) {
  constexpr Index lanes = Simd<T>::lanes;
  if (cols < lanes) {
    for (Index j = 0; j < cols; ++j) to[j] = from[j];
    return;
  }
  for (Index j = 0; j + lanes < cols; j += lanes)
    vector_at(to + j) = vector_at(from + j);
  vector_at(to + cols - lanes) = vector_at(from + cols - lanes);
}

/// The first `cols` columns of `rows` rows, to = from.
template <typename T>
void copy_rows(const T* from, Index from_stride, Index rows, Index cols, T* to,
               Index to_stride) {
  for (Index i = 0; i < rows; ++i)
    copy_row(from + i * from_stride, cols, to + i * to_stride);
}

/// Memory that passes reuse. The first use of a new page of memory is slow: for sparse
/// A it would cost more than computing the sums.
template <typename T>
struct Workspace {
  RowMatrix<T> ht, w;                          // padded
  std::vector<RowMatrix<T>> sums;              // one per chunk of rows
  std::vector<RowMatrix<T>> denominator_sums;  // one per chunk, if it is needed

  /// A padded copy of Ht.
  const RowMatrix<T>& pad(const ConstMatrixView<T>& factor, Index padded_cols,
                          int n_threads) {
    copy_padded(factor, padded_cols, n_threads, ht);
    return ht;
  }

  /// A factor whose rows are gathered: in place, or in `copy` if its rows are shorter
  /// than a vector.
  static skinny::GatheredMatrix<T> gathered(const ConstMatrixView<T>& factor,
                                            int n_threads, RowMatrix<T>& copy) {
    if (factor.cols() >= Simd<T>::lanes)
      return {factor.data(), factor.outerStride(), factor.cols()};
    copy_padded(factor, padded_to_half_vector<T>(factor.cols()), n_threads, copy);
    return {copy.data(), copy.cols(), copy.cols()};
  }

 private:
  static void copy_padded(const ConstMatrixView<T>& factor, Index padded_cols,
                          int n_threads, RowMatrix<T>& to) {
    to.resize(factor.rows(), padded_cols);
    const Chunks chunks = Chunks::with_max_rows(factor.rows(), 2048);
    parallel_for(chunks.count, useful_threads(8 * to.size(), n_threads), [&](Index c) {
      const Index first = chunks.begin(c), count = chunks.end(c) - first;
      copy_rows(factor.data() + first * factor.outerStride(), factor.outerStride(),
                count, factor.cols(), to.data() + first * padded_cols, padded_cols);
      to.block(first, factor.cols(), count, padded_cols - factor.cols()).setZero();
    });
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
  copy_rows<T>(factor.data() + first * factor.outerStride(), factor.outerStride(),
               count, factor.cols(), block.data(), block.cols());
  zero_padding_rows(block, count);
}

template <typename T>
void store_rows(const RowMatrix<T>& block, Index first, Index count,
                MatrixView<T>& factor) {
  copy_rows<T>(block.data(), block.cols(), count, factor.cols(),
               factor.data() + first * factor.outerStride(), factor.outerStride());
}

/// Σ x·y over the first `count` rows; padding rows are zero. Four products are added in
/// each lane, then in float64.
template <typename T>
double inner_product(const RowMatrix<T>& x, const RowMatrix<T>& y, Index count) {
  constexpr Index lanes = Simd<T>::lanes, at_once = 4 * lanes;
  double lane_sums[lanes] = {};
  const auto product = [&](Index i) {
    return vector_at(x.data() + i) * vector_at(y.data() + i);
  };
  const Index size = count * x.cols();
  Index i = 0;
  for (; i + at_once <= size; i += at_once) {
    const auto sum = (product(i) + product(i + lanes)) +
                     (product(i + 2 * lanes) + product(i + 3 * lanes));
    skinny::add_in_float64<T>(lane_sums, sum);
  }
  for (; i < size; i += lanes) skinny::add_in_float64<T>(lane_sums, product(i));
  return std::accumulate(lane_sums, lane_sums + lanes, 0.0);
}

/// sum += Σ block[i] over the first `count` rows, in float64.
template <typename T>
void add_rows(const RowMatrix<T>& block, Index count, Eigen::ArrayXd& sum) {
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < block.cols(); j += Simd<T>::lanes)
      skinny::add_in_float64<T>(sum.data() + j,
                                vector_at(block.data() + i * block.cols() + j));
}

/// sum += blockᵀ·block over the first `count` rows and `cols` columns; `scratch` is of
/// the shape of `sum`.
template <typename T>
void add_gram(const RowMatrix<T>& block, Index count, Index cols, RowMatrix<T>& scratch,
              RowMatrix<double>& sum) {
  const Index k = block.cols();
  scratch.setZero(k, k);
  skinny::multiply_add<T>({block.data(), cols, count, 1, k},
                          padded_to_half_vector<T>(cols), block.data(), k,
                          scratch.data(), k, {block.data(), k});
  sum += scratch.template cast<double>();
}

/// Z = AᵀX from the rows of Aᵀ: every row of Z is a sum of its own, so the result does
/// not depend on how the rows are divided.
template <typename T, typename I>
void transposed_product(const Csr<T, I>& transposed, const skinny::GatheredMatrix<T>& x,
                        MatrixView<T> z, int n_threads) {
  constexpr Index max_rows = 32;
  // 64 chunks balance the load of a large machine; they have no sums to add.
  const std::vector<Index> cuts =
      skinny::cut_by_entries(transposed, std::clamp<Index>(transposed.rows, 1, 64));
  const int team_size = useful_threads(4 * nnz(transposed) * x.cols, n_threads);
  parallel_for(static_cast<Index>(cuts.size()) - 1, team_size, [&](Index c) {
    const auto chunk = static_cast<std::size_t>(c);
    RowMatrix<T> rows(max_rows, x.cols);
    for_each_tile(
        cuts[chunk], cuts[chunk + 1], max_rows, [&](Index first, Index count) {
          skinny::gather_rows(transposed, first, count, x, rows.data(), rows.cols());
          store_rows(rows, first, count, z);
        });
  });
}

}  // namespace latentia::nmf
