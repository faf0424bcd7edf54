#pragma once

#include "../skinny/chunks.hpp"

/// The three products of A with a narrow matrix. `Matrix` is Dense or Csr. If a mean is
/// given, A stands for A − 1·meanᵀ or A − mean·1ᵀ.
///
///     A (m × n), X (n × b), Y (m × b), Z (n × b)
namespace latentia::svd {

using skinny::chunks_for;
using skinny::nnz;
using skinny::Tiles;

/// Rows of a tile. With 16 registers a strip of X is narrower, and the tile is read
/// once for each: 24 rows of a panel stay in L1 between two strips. The number depends
/// on the CPU level only, as sums over the rows of a tile are in T.
template <typename Matrix>
Index rows_of_tile(const Matrix& a) {
  constexpr Index max_rows = skinny::register_rows < 12 ? 24 : 96;
  return std::min(Tiles<Matrix>::rows(a), max_rows);
}

/// Y = A·X and Z = AᵀY in one read of A: the pass of block Krylov and power iteration.
/// Y is written only if `y` is given.
template <typename T, typename Matrix>
void normal_product(const Matrix& a, const Mean<T>& mean, const ConstMatrixView<T>& x,
                    MatrixView<T>* y, MatrixView<T> z, int n_threads) {
  const RowMatrix<T> padded_x = skinny::pad_columns<T>(x);
  const Index b = padded_x.cols(), tile_rows = rows_of_tile(a);
  const Chunks chunks = chunks_for<T>(a, b);
  std::vector<RowMatrix<T>> partial(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(2 * nnz(a) * b, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    RowMatrix<T>& sum = partial[static_cast<std::size_t>(c)];
    sum.setZero(a.cols, b);
    RowMatrix<T> rows(tile_rows, b);
    Tiles<Matrix> tiles(a, mean, &padded_x);
    for_each_tile(chunks.begin(c), chunks.end(c), tile_rows, [&](Index i, Index count) {
      tiles.multiply(i, count, padded_x, rows);
      if (y) y->middleRows(i, count) = rows.topLeftCorner(count, x.cols());
      tiles.add_transposed_product(rows, sum);
    });
    tiles.subtract_mean(sum);
  });
  sum_in_order(partial, z, n_threads);
}

/// Y = A·X. A tile is read before its rows of Y are written: Y may be columns of A.
template <typename T, typename Matrix>
void product(const Matrix& a, const Mean<T>& mean, const ConstMatrixView<T>& x,
             MatrixView<T> y, int n_threads) {
  const RowMatrix<T> padded_x = skinny::pad_columns<T>(x);
  const Index tile_rows = rows_of_tile(a);
  // At most 64 chunks, because each of them computes meanᵀX again; at least 8 tiles in
  // each.
  const Chunks chunks =
      Chunks::with_max_rows(a.rows, std::max(8 * tile_rows, a.rows / 64));
  const int team_size = useful_threads(nnz(a) * padded_x.cols(), n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    RowMatrix<T> rows(tile_rows, padded_x.cols());
    Tiles<Matrix> tiles(a, mean, &padded_x);
    for_each_tile(chunks.begin(c), chunks.end(c), tile_rows, [&](Index i, Index count) {
      tiles.multiply(i, count, padded_x, rows);
      y.middleRows(i, count) = rows.topLeftCorner(count, x.cols());
    });
  });
}

/// Z = AᵀY.
template <typename T, typename Matrix>
void adjoint_product(const Matrix& a, const Mean<T>& mean, const ConstMatrixView<T>& y,
                     MatrixView<T> z, int n_threads) {
  const Index b = skinny::padded<T>(y.cols()), tile_rows = rows_of_tile(a);
  const Chunks chunks = chunks_for<T>(a, b);
  std::vector<RowMatrix<T>> partial(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(nnz(a) * b, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    RowMatrix<T>& sum = partial[static_cast<std::size_t>(c)];
    sum.setZero(a.cols, b);
    RowMatrix<T> rows = RowMatrix<T>::Zero(tile_rows, b);
    Tiles<Matrix> tiles(a, mean, nullptr);
    for_each_tile(chunks.begin(c), chunks.end(c), tile_rows, [&](Index i, Index count) {
      tiles.select(i, count);
      rows.topLeftCorner(count, y.cols()) = y.middleRows(i, count);
      tiles.add_transposed_product(rows, sum);
    });
    tiles.subtract_mean(sum);
  });
  sum_in_order(partial, z, n_threads);
}

}  // namespace latentia::svd
