#pragma once

#include "../skinny/runs.hpp"

/// The three products of a big matrix with a narrow one. Matrix is Dense or Csr and
/// stands for A − 1·meanᵀ; a dense one may stand for A − mean·1ᵀ.
///
///     A (m × n), X (n × b), Y (m × b), Z (n × b)
namespace latentia::svd {

using skinny::chunks_for;
using skinny::stored;
using skinny::Tiles;

/// Both products in one read of A, the pass of block Krylov and power iteration:
/// Y = A·X (rows kept only if `y` is given) and Z = AᵀY.
template <typename T, typename Matrix>
void normal_product(const Matrix& a, const Mean<T>& mean, const Narrow<T>& x,
                    NarrowOut<T>* y, NarrowOut<T> z, int n_threads) {
  const RowMatrix<T> wide = skinny::pad_columns<T>(x);
  const Index b = wide.cols(), most = Tiles<Matrix>::rows(a);
  const Chunks chunks = chunks_for<T>(a, b);
  std::vector<RowMatrix<T>> partial(static_cast<std::size_t>(chunks.count));
  const int team = worth(2 * stored(a) * b, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    RowMatrix<T>& sum = partial[static_cast<std::size_t>(c)];
    sum.setZero(a.cols, b);
    RowMatrix<T> rows(most, b);
    Tiles<Matrix> tiles(a, mean, &wide);
    for_each_tile(chunks.begin(c), chunks.end(c), most, [&](Index i, Index count) {
      tiles.forward(i, count, wide, rows);
      if (y) y->middleRows(i, count) = rows.topLeftCorner(count, x.cols());
      tiles.backward(rows, sum);
    });
    tiles.finish(sum);
  });
  sum_in_order(partial, z, n_threads);
}

/// Y = A·X. A tile is read before its rows of Y are written, so that Y may lie on A.
template <typename T, typename Matrix>
void product(const Matrix& a, const Mean<T>& mean, const Narrow<T>& x, NarrowOut<T> y,
             int n_threads) {
  const RowMatrix<T> wide = skinny::pad_columns<T>(x);
  const Index most = Tiles<Matrix>::rows(a);
  // Few runs: each works out meanᵀX for itself.
  const Chunks chunks = Chunks::of_rows(a.rows, std::max(8 * most, a.rows / 64));
  const int team = worth(stored(a) * wide.cols(), n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    RowMatrix<T> rows(most, wide.cols());
    Tiles<Matrix> tiles(a, mean, &wide);
    for_each_tile(chunks.begin(c), chunks.end(c), most, [&](Index i, Index count) {
      tiles.forward(i, count, wide, rows);
      y.middleRows(i, count) = rows.topLeftCorner(count, x.cols());
    });
  });
}

/// Z = AᵀY.
template <typename T, typename Matrix>
void adjoint_product(const Matrix& a, const Mean<T>& mean, const Narrow<T>& y,
                     NarrowOut<T> z, int n_threads) {
  const Index b = skinny::padded<T>(y.cols()), most = Tiles<Matrix>::rows(a);
  const Chunks chunks = chunks_for<T>(a, b);
  std::vector<RowMatrix<T>> partial(static_cast<std::size_t>(chunks.count));
  const int team = worth(stored(a) * b, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    RowMatrix<T>& sum = partial[static_cast<std::size_t>(c)];
    sum.setZero(a.cols, b);
    RowMatrix<T> rows = RowMatrix<T>::Zero(most, b);
    Tiles<Matrix> tiles(a, mean, nullptr);
    for_each_tile(chunks.begin(c), chunks.end(c), most, [&](Index i, Index count) {
      tiles.open(i, count);
      rows.topLeftCorner(count, y.cols()) = y.middleRows(i, count);
      tiles.backward(rows, sum);
    });
    tiles.finish(sum);
  });
  sum_in_order(partial, z, n_threads);
}

}  // namespace latentia::svd
