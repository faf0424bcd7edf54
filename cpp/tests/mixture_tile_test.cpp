#include "../kernels/gmm/centred_tile.hpp"

#include "../kernels/gmm/whiten.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

using gmm::CentredTile;
using gmm::group_rows;

template <typename T>
void vectors_are_transposed() {
  constexpr int lanes = gmm::Simd<T>::lanes;
  typename gmm::Simd<T>::Vector v[lanes];
  for (int i = 0; i < lanes; ++i)
    for (int j = 0; j < lanes; ++j) v[i][j] = static_cast<T>(i * lanes + j);
  skinny::transpose_vectors(v);
  for (int i = 0; i < lanes; ++i)
    for (int j = 0; j < lanes; ++j)
      check(v[i][j] == static_cast<T>(j * lanes + i), "vectors are transposed");
}

/// Three vectors by two, in arrays with longer lines.
template <typename T>
void blocks_are_transposed() {
  const Index rows = 3 * gmm::Simd<T>::lanes, cols = 2 * gmm::Simd<T>::lanes;
  const RowMatrix<T> from = random_matrix<T>(rows, cols + 5, 1);
  const RowMatrix<T> before = random_matrix<T>(cols, rows + 3, 2);
  RowMatrix<T> to = before;
  gmm::transpose(from.data(), from.cols(), rows, cols, to.data(), to.cols());
  check(to.leftCols(rows) == from.leftCols(cols).transpose(), "blocks are transposed");
  check(to.rightCols(3) == before.rightCols(3), "other columns are not changed");
}

/// Checks that both layouts have the rows relative to the origin, and zeros up to whole
/// groups and vectors.
template <typename T>
void check_tile(const CentredTile<T>& tile, const RowMatrix<T>& x,
                const std::string& what) {
  const Index n = x.rows(), d = x.cols();
  check(tile.count == n && tile.padded_rows() >= n &&
            tile.padded_rows() < n + group_rows<T> &&
            tile.padded_rows() % group_rows<T> == 0,
        "whole groups: " + what);
  RowMatrix<T> padded = RowMatrix<T>::Zero(tile.padded_rows(), gmm::padded<T>(d));
  padded.topLeftCorner(n, d) = x;
  check(tile.by_feature.leftCols(tile.padded_rows()) == padded.transpose(),
        "by_feature: " + what);
  check(tile.has_few_features() ? tile.by_row.size() == 0
                                : tile.by_row.topRows(tile.padded_rows()) == padded,
        "by_row: " + what);
}

template <typename T>
void tiles_are_read_in_any_layout(Index d) {
  const Index capacity = CentredTile<T>::capacity(d), begin = 3;
  check(capacity % group_rows<T> == 0, "a tile has whole groups");
  const RowMatrix<T> a = random_matrix<T>(begin + capacity, d, 1);
  const RowMatrix<T> origin = random_matrix<T>(1, d, 2);
  for (const Layout layout : layouts) {
    const DenseStorage<T> stored(a, layout);
    CentredTile<T> tile(d);
    // The longest first: later reads must overwrite its rows.
    for (const Index n : {capacity, Index{65}, Index{33}, Index{31}, Index{9}, Index{8},
                          Index{7}, Index{1}, capacity - 1}) {
      if (n > capacity) continue;
      tile.read(stored.view, origin.data(), begin, n);
      check_tile<T>(tile, a.middleRows(begin, n).rowwise() - origin.row(0),
                    std::to_string(n) + " x " + std::to_string(d));
    }
  }
}

template <typename T>
void tiles_are_contiguous(Index d) {
  CentredTile<T> tile(d);
  const Index capacity = CentredTile<T>::capacity(d);
  const RowMatrix<T> a = random_matrix<T>(2 * capacity + 9, d, 1);
  const RowMatrix<T> origin = random_matrix<T>(1, d, 2);
  const DenseStorage<T> stored(a, Layout::by_rows);
  Index next = 5;
  gmm::for_each_tile(
      stored.view, origin.data(), 5, 2 * capacity + 6, tile, [&](Index first) {
        check(first == next, "tiles are contiguous");
        next += tile.count;
        check_tile<T>(tile, a.middleRows(first, tile.count).rowwise() - origin.row(0),
                      "d = " + std::to_string(d));
      });
  check(next == 2 * capacity + 6, "tiles cover all rows");
}

/// y = Pᵀc, block by block.
template <typename T>
void triangular_factors_multiply(Index d) {
  constexpr int lanes = gmm::Simd<T>::lanes;
  const std::string what = "d = " + std::to_string(d);
  const RowMatrix<T> p =
      random_matrix<T>(d, d, 1).template triangularView<Eigen::Upper>();
  const RowMatrix<T> c = random_matrix<T>(d, group_rows<T>, 2);
  RowMatrix<T> got(d, group_rows<T>);
  Index next = 0;
  gmm::TriangularFactor<T>(p.data(), d)
      .multiply(c.data(), [&](Index first, const auto& y) {
        check(first == next, "columns in order: " + what);
        for (const auto& column : y) {
          for (Index i = 0; i < group_rows<T>; ++i)
            got(next, i) = column[i / lanes][i % lanes];
          ++next;
        }
      });
  check(next == d, "all columns: " + what);
  check_near<T>(got, BoundedSums(p).transpose() * BoundedSums(c), d,
                "triangular product: " + what);
}

template <typename T>
void all() {
  vectors_are_transposed<T>();
  blocks_are_transposed<T>();
  for (const Index d : some_features) {
    tiles_are_read_in_any_layout<T>(d);
    tiles_are_contiguous<T>(d);
  }
  for (Index d = 1; d <= 13; ++d) triangular_factors_multiply<T>(d);
  triangular_factors_multiply<T>(50);
}

}  // namespace

void run() {
  all<float>();
  all<double>();
}

}  // namespace latentia::testing
