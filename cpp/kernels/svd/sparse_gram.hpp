#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../parallel.hpp"
#include "outer_product.hpp"

/// M (n × n) with AᵀA = M + Mᵀ for sparse rows, in float64: each pair of stored entries
/// of a row is added once, in the row of the later one, and half of each square. In
/// whatever order the columns of a row are stored, also more than once, the sum is
/// right; where they rise, M is a lower triangle.
namespace latentia::svd {

/// Up to this many columns a triangle of M lies in L2 or L3, and rows are added to it
/// as they come. The bits depend on it, so it is a constant.
constexpr Index most_columns_by_rows = 2048;

/// Adds a_p·(a_first, …, a_p / 2), for an entry p of a row that begins at `first`.
template <typename T, typename I>
void add_products(const Csr<T, I>& a, Index first, Index p, double* row) {
  const double factor = static_cast<double>(a.value[p]);
  for (Index q = first; q < p; ++q)
    row[a.column[q]] += factor * static_cast<double>(a.value[q]);
  row[a.column[p]] += factor * factor / 2;
}

/// Adds the rows [begin, end) of A to the rows [from, to) of M.
template <typename T, typename I>
void add_rows(const Csr<T, I>& a, Index begin, Index end, Index from, Index to,
              RowMatrix<double>& m) {
  for_each_tile(begin, end, 1024, [&](Index first_row, Index count) {
    for (Index i = first_row; i < first_row + count; ++i) {
      const Index first = a.row_start[i], last = a.row_start[i + 1];
      for (Index p = first; p < last; ++p)
        if (const Index j = a.column[p]; from <= j && j < to)
          add_products(a, first, p, &m(j, 0));
    }
  });
}

/// Groups of rows of M have equal areas of the triangle.
template <typename T, typename I>
void sum_by_rows(const Csr<T, I>& a, MatrixView<double> m, int team_size) {
  const Index n = a.cols;
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * tile_rows,
                                         n * n * static_cast<Index>(sizeof(double)));
  const Index n_groups = groups_of_g(n, chunks.count, team_size);
  const auto group_begin = [&](Index group) {
    const double share = static_cast<double>(group) / static_cast<double>(n_groups);
    return static_cast<Index>(static_cast<double>(n) * std::sqrt(share));
  };
  std::vector<RowMatrix<double>> partial(static_cast<std::size_t>(chunks.count));
  parallel_for(chunks.count, team_size,
               [&](Index c) { partial[static_cast<std::size_t>(c)].setZero(n, n); });
  parallel_for(chunks.count * n_groups, team_size, [&](Index task) {
    const Index c = task / n_groups, group = task % n_groups;
    add_rows(a, chunks.begin(c), chunks.end(c), group_begin(group),
             group_begin(group + 1), partial[static_cast<std::size_t>(c)]);
  });
  sum_in_order(partial, m, team_size);
}

/// By column: each stored entry p, and the first one of its row.
struct EntriesByColumn {
  struct Entry {
    Index first, p;
  };

  template <typename T, typename I>
  explicit EntriesByColumn(const Csr<T, I>& a)
      : start(static_cast<std::size_t>(a.cols) + 1),
        entries(static_cast<std::size_t>(a.row_start[a.rows])) {
    const auto next = [&](Index j) -> Index& {
      return start[static_cast<std::size_t>(j)];
    };
    const Index stored = a.row_start[a.rows];
    for (Index p = 0; p < stored; ++p) ++next(a.column[p]);
    for (Index j = 0, sum = 0; j <= a.cols; ++j) sum += std::exchange(next(j), sum);
    for (Index i = 0; i < a.rows; ++i)
      for (Index first = a.row_start[i], p = first; p < a.row_start[i + 1]; ++p)
        entries[static_cast<std::size_t>(next(a.column[p])++)] = {first, p};
    for (Index j = a.cols; j > 0; --j) next(j) = next(j - 1);
    next(0) = 0;
  }

  std::vector<Index> start;
  std::vector<Entry> entries;
};

/// Row j of M is the sum over the rows of A that store column j. It lies in L2 where M
/// does not (Gustavson 1978, for a product of two matrices).
template <typename T, typename I>
void sum_by_columns(const Csr<T, I>& a, MatrixView<double> m, int team_size) {
  const EntriesByColumn by_column(a);
  parallel_for(a.cols, team_size, [&](Index j) {
    m.row(j).setZero();
    const auto column = static_cast<std::size_t>(j);
    for (Index e = by_column.start[column]; e < by_column.start[column + 1]; ++e) {
      const auto [first, p] = by_column.entries[static_cast<std::size_t>(e)];
      add_products(a, first, p, &m(j, 0));
    }
  });
}

template <typename T, typename I>
void half_gram(const Csr<T, I>& a, MatrixView<double> m, int n_threads) {
  Index products = 0;
  for (Index i = 0; i < a.rows; ++i) {
    const Index length = a.row_start[i + 1] - a.row_start[i];
    products += length * (length + 1) / 2;
  }
  const int team_size = useful_threads(products, n_threads);
  if (a.cols <= most_columns_by_rows)
    sum_by_rows(a, m, team_size);
  else
    sum_by_columns(a, m, team_size);
}

}  // namespace latentia::svd
