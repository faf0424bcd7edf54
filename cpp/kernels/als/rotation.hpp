#pragma once

#include "../parallel.hpp"
#include "../skinny/product.hpp"

/// A change of basis of narrow matrices. Scores, penalties and so the whole loss of
/// alternating least squares are the same for the factors X·Q and Y·Q, if Q is
/// orthogonal. With the eigenvectors of YᵀY for Q, the Gram matrix of Y·Q is diagonal.
namespace latentia::als {

/// X = X·Q, in place.
template <typename T>
void rotate(MatrixView<T> x, const ConstMatrixView<T>& q, int n_threads) {
  constexpr Index tile_rows = 48, chunk_rows = 8 * tile_rows;
  const Index k = x.cols(), n_chunks = (x.rows() + chunk_rows - 1) / chunk_rows;
  const RowMatrix<T> padded_q = skinny::pad_columns<T>(q);
  const Index padded_k = padded_q.cols();
  const int team_size = useful_threads(x.rows() * k * padded_k, n_threads);
  parallel_for(n_chunks, team_size, [&](Index chunk) {
    RowMatrix<T> product(tile_rows, padded_k);
    const Index begin = chunk * chunk_rows;
    for_each_tile(begin, std::min(begin + chunk_rows, x.rows()), tile_rows,
                  [&](Index i, Index count) {
                    product.setZero();
                    const T* rows = x.data() + i * x.outerStride();
                    skinny::multiply_add<T>(
                        {rows, count, k, x.outerStride(), 1}, padded_k, padded_q.data(),
                        padded_k, product.data(), padded_k, {rows, x.outerStride()});
                    x.middleRows(i, count) = product.topLeftCorner(count, k);
                  });
  });
}

}  // namespace latentia::als
