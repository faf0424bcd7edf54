#include "../kernels/gmm/tile.hpp"

#include "../kernels/gmm/whiten.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

using gmm::group;
using gmm::Tile;

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

/// Three vectors by two, in lines that are longer than what is used of them.
template <typename T>
void blocks_are_transposed() {
  const Index rows = 3 * gmm::Simd<T>::lanes, cols = 2 * gmm::Simd<T>::lanes;
  const RowMatrix<T> from = random_matrix<T>(rows, cols + 5, 1);
  const RowMatrix<T> before = random_matrix<T>(cols, rows + 3, 2);
  RowMatrix<T> to = before;
  gmm::transpose(from.data(), from.cols(), rows, cols, to.data(), to.cols());
  check(to.leftCols(rows) == from.leftCols(cols).transpose(), "blocks are transposed");
  check(to.rightCols(3) == before.rightCols(3), "no more than that is written");
}

/// Both layouts hold the rows about the origin, and zeros up to whole groups and
/// vectors.
template <typename T>
void holds(const Tile<T>& tile, const RowMatrix<T>& x, const std::string& what) {
  const Index n = x.rows(), d = x.cols();
  check(tile.count == n && tile.wide() >= n && tile.wide() < n + group<T> &&
            tile.wide() % group<T> == 0,
        "whole groups: " + what);
  RowMatrix<T> padded = RowMatrix<T>::Zero(tile.wide(), gmm::padded<T>(d));
  padded.topLeftCorner(n, d) = x;
  check(tile.lanes.leftCols(tile.wide()) == padded.transpose(), "lanes: " + what);
  check(
      tile.narrow() ? tile.rows.size() == 0 : tile.rows.topRows(tile.wide()) == padded,
      "rows: " + what);
}

template <typename T>
void tiles_are_read_in_any_layout(Index d) {
  const Index most = Tile<T>::most(d), begin = 3;
  check(most % group<T> == 0, "a tile is whole groups");
  const RowMatrix<T> a = random_matrix<T>(begin + most, d, 1);
  const RowMatrix<T> origin = random_matrix<T>(1, d, 2);
  for (const Layout layout : layouts) {
    const Stored<T> stored(a, layout);
    Tile<T> tile(d);
    // The longest first: what it leaves behind has to go.
    for (const Index n : {most, Index{65}, Index{33}, Index{31}, Index{9}, Index{8},
                          Index{7}, Index{1}, most - 1}) {
      if (n > most) continue;
      tile.read(stored.view, origin.data(), begin, n);
      holds<T>(tile, a.middleRows(begin, n).rowwise() - origin.row(0),
               std::to_string(n) + " x " + std::to_string(d));
    }
  }
}

template <typename T>
void tiles_follow_each_other(Index d) {
  Tile<T> tile(d);
  const Index most = Tile<T>::most(d);
  const RowMatrix<T> a = random_matrix<T>(2 * most + 9, d, 1);
  const RowMatrix<T> origin = random_matrix<T>(1, d, 2);
  const Stored<T> stored(a, Layout::by_rows);
  Index next = 5;
  gmm::for_each_tile(
      stored.view, origin.data(), 5, 2 * most + 6, tile, [&](Index first) {
        check(first == next, "no row twice, none left out");
        next += tile.count;
        holds<T>(tile, a.middleRows(first, tile.count).rowwise() - origin.row(0),
                 "d = " + std::to_string(d));
      });
  check(next == 2 * most + 6, "to the end");
}

/// y = Pᵀc, whose columns come block by block.
template <typename T>
void a_triangle_multiplies(Index d) {
  constexpr int lanes = gmm::Simd<T>::lanes;
  const std::string what = "d = " + std::to_string(d);
  const RowMatrix<T> p =
      random_matrix<T>(d, d, 1).template triangularView<Eigen::Upper>();
  const RowMatrix<T> c = random_matrix<T>(d, group<T>, 2);
  RowMatrix<T> got(d, group<T>);
  Index next = 0;
  gmm::Triangle<T>(p.data(), d).times(c.data(), [&](Index first, const auto& y) {
    check(first == next, "columns in order: " + what);
    for (const auto& column : y) {
      for (Index i = 0; i < group<T>; ++i) got(next, i) = column[i / lanes][i % lanes];
      ++next;
    }
  });
  check(next == d, "all columns: " + what);
  check_near<T>(got, Sums(p).transpose() * Sums(c), d, "triangle: " + what);
}

template <typename T>
void all() {
  vectors_are_transposed<T>();
  blocks_are_transposed<T>();
  for (const Index d : some_features) {
    tiles_are_read_in_any_layout<T>(d);
    tiles_follow_each_other<T>(d);
  }
  for (Index d = 1; d <= 13; ++d) a_triangle_multiplies<T>(d);
  a_triangle_multiplies<T>(50);
}

}  // namespace

void run() {
  all<float>();
  all<double>();
}

}  // namespace latentia::testing
