#pragma once

#include <span>

#include "../skinny/runs.hpp"
#include "../skinny/transpose.hpp"

/// What non-negative factorisations A ≈ W·H share. H is kept as its transpose Ht, so
/// that both factors are narrow matrices whose rows are updated alike.
///
///     A (m × n), W (m × k), Ht (n × k); both factors non-negative
namespace latentia::nmf {

using skinny::chunks_for;
using skinny::pad_columns;
using skinny::padded;
using skinny::Simd;
using skinny::stored;
using skinny::Tiles;
using skinny::vector_at;

/// What a row of a factor pays: l1·Σw + ½·l2·Σ(w − centre)².
template <typename T>
struct Penalty {
  T l1 = 0, l2 = 0;
  std::span<const T> centre = {};  // (k), or empty: zero
};

/// The order in which coordinates take turns: `turns` of 0 … k − 1, or all of them one
/// after the other. The others keep their values.
struct Order {
  const Index* coordinate = nullptr;
  Index turns = 0;

  Index size(Index k) const { return coordinate ? turns : k; }
  Index operator[](Index turn) const { return coordinate ? coordinate[turn] : turn; }
};

/// Rows of a factor that are updated together, in a buffer with whole vectors a row.
inline constexpr Index most_rows = 96;

/// What a pass needs besides its arguments, kept from pass to pass: memory that was
/// never used costs more than the sums of a sparse matrix.
template <typename T>
struct Workspace {
  RowMatrix<T> ht;                     // padded
  std::vector<RowMatrix<T>> sums;      // of each run of rows
  std::vector<RowMatrix<T>> sums_too;  // of each, where there are two

  const RowMatrix<T>& pad(const Narrow<T>& from, Index line, int n_threads) {
    ht.resize(from.rows(), line);
    const Chunks chunks = Chunks::of_rows(from.rows(), 2048);
    parallel_for(chunks.count, worth(8 * ht.size(), n_threads), [&](Index c) {
      const Index first = chunks.begin(c), count = chunks.end(c) - first;
      ht.block(first, 0, count, from.cols()) = from.middleRows(first, count);
      ht.block(first, from.cols(), count, line - from.cols()).setZero();
    });
    return ht;
  }
};

/// A quotient's denominator is at least this where it would be zero: float32's ε, as
/// scikit-learn has it.
template <typename T>
inline constexpr T least_denominator = T(0x1p-23);

/// Rows up to the next whole vector of them are zero: rules may work on them too.
template <typename T>
void close_rows(RowMatrix<T>& block, Index count) {
  block.middleRows(count, padded<T>(count) - count).setZero();
}

/// block = rows [first, first + count) of the factor.
template <typename T>
void load_rows(const NarrowOut<T>& factor, Index first, Index count,
               RowMatrix<T>& block) {
  block.topLeftCorner(count, factor.cols()) = factor.middleRows(first, count);
  close_rows(block, count);
}

template <typename T>
void store_rows(const RowMatrix<T>& block, Index first, Index count,
                NarrowOut<T>& factor) {
  factor.middleRows(first, count) = block.topLeftCorner(count, factor.cols());
}

/// Σ x·y over the first `count` rows, in float64.
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
