#pragma once

#include <numeric>

#include "divergence_update.hpp"
#include "factor_layouts.hpp"
#include "panels.hpp"

/// Multiplicative updates for a β-divergence over all entries of A, in one read of A.
/// W·H is computed for one panel of a tile at a time, never as a whole. Sparse rows are
/// converted to dense ones tile by tile, because the divergence includes their zeros.
namespace latentia::nmf {

/// A tile of A and of W·H, one panel at a time.
template <typename T, typename Matrix>
class DenseDivergenceTile {
 public:
  /// A panel of 48 rows × 512 columns of float32 takes 96 KiB for q, as much for v, and
  /// fits in L2 together with the rows of H and Ht.
  static constexpr Index rows = 48;

  DenseDivergenceTile(const Matrix& a, const FactorLayouts<T>& h,
                      const Divergence<T>& divergence)
      : a_(a),
        h_(h),
        divergence_(divergence),
        q_(rows, std::min(panel_columns, h.h.cols())),
        v_(divergence.v_is_one() ? 0 : rows, q_.cols()),
        panels_(a) {}

  /// Calls visit(first column, columns, panel of A) for every panel, with q = W·H.
  template <typename Visit>
  void for_each_product(const RowMatrix<T>& w, Index first, Index count,
                        Visit&& visit) {
    panels_.select(first, count);
    for (Index j = 0; j < a_.cols; j += panel_columns) {
      const Index cols = std::min(panel_columns, a_.cols - j);
      h_.product(w, count, j, cols, q_);
      visit(j, cols, panels_.panel(j, cols));
    }
  }

  /// Σ d(a, q) over the panel.
  double value(const Panel<T>& a, Index count, Index cols) const {
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += divergence_.value(a.data + i * a.stride, row_of(q_, i), cols);
    return sum;
  }

  /// Replaces q by u, and writes v.
  void to_weights(const Panel<T>& a, Index count, Index cols) {
    for (Index i = 0; i < count; ++i)
      divergence_.weights(a.data + i * a.stride, row_of(q_, i), row_of(v_, i), cols);
  }

  /// Does the same and returns Σ d(a, q).
  double value_and_weights(const Panel<T>& a, Index count, Index cols) {
    double sum = 0;
    for (Index i = 0; i < count; ++i) {
      // The first read of these rows. A row is short: the CPU's own prefetching begins
      // late in it.
      const T* next = a.data + std::min(i + 1, count - 1) * a.stride;
      for (Index j = 0; j < cols; j += entries_per_line) __builtin_prefetch(next + j);
      sum += divergence_.value_and_weights(a.data + i * a.stride, row_of(q_, i),
                                           row_of(v_, i), cols);
    }
    return sum;
  }

  /// numerator += u·Ht, denominator += v·Ht.
  void add_terms_of_w_update(Index first_col, Index count, Index cols,
                             RowMatrix<T>& numerator, RowMatrix<T>& denominator) const {
    const auto add = [&](const RowMatrix<T>& weight, RowMatrix<T>& sum) {
      const Index k = h_.ht.cols();
      skinny::multiply_add<T>({weight.data(), count, cols, weight.cols(), 1},
                              h_.product_columns, h_.ht.data() + first_col * k, k,
                              sum.data(), k, {weight.data(), weight.cols()});
    };
    add(q_, numerator);
    if (v_.size() > 0) add(v_, denominator);
  }

  /// numerator += uᵀ·W, denominator += vᵀ·W.
  void add_terms_of_h_update(const RowMatrix<T>& w, Index first_col, Index count,
                             Index cols, RowMatrix<T>& numerator,
                             RowMatrix<T>& denominator) const {
    const auto add = [&](const RowMatrix<T>& weight, RowMatrix<T>& sum) {
      const Index k = w.cols();
      skinny::multiply_add<T>(
          {weight.data(), cols, count, 1, weight.cols()}, h_.product_columns, w.data(),
          k, sum.data() + first_col * k, k, {weight.data(), weight.cols()});
    };
    add(q_, numerator);
    if (v_.size() > 0) add(v_, denominator);
  }

 private:
  static constexpr Index entries_per_line = 64 / sizeof(T);

  template <typename M>
  static auto row_of(M& m, Index i) {
    return m.data() + i * m.cols();
  }

  Matrix a_;
  const FactorLayouts<T>& h_;
  const Divergence<T>& divergence_;
  RowMatrix<T> q_, v_;
  Panels<Matrix> panels_;
};

/// Updates W given Ht. Writes the sums that the update of H needs to `numerator` and
/// `denominator`, unless they are null.
template <typename T, typename Matrix>
DivergenceSums dense_divergence_pass(const Matrix& a, MatrixView<T> w,
                                     const ConstMatrixView<T>& ht,
                                     const Divergence<T>& divergence,
                                     Penalty<T> penalty, MatrixView<T>* numerator,
                                     MatrixView<T>* denominator,
                                     Workspace<T>& workspace, int n_threads) {
  const FactorLayouts<T> h(ht);
  const Index k = h.ht.cols();
  const bool needs_v = !divergence.v_is_one();
  const Chunks chunks =
      Chunks::for_sums(a.rows, 2 * DenseDivergenceTile<T, Matrix>::rows,
                       (needs_v ? 2 : 1) * a.cols * k * static_cast<Index>(sizeof(T)));
  workspace.sums.resize(static_cast<std::size_t>(chunks.count));
  workspace.denominator_sums.resize(workspace.sums.size());
  std::vector<DivergenceSums> partial(workspace.sums.size());
  const int team_size = useful_threads(4 * a.rows * a.cols * k, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    const auto chunk = static_cast<std::size_t>(c);
    RowMatrix<T>& h_numerator = workspace.sums[chunk];
    RowMatrix<T>& h_denominator = workspace.denominator_sums[chunk];
    DivergenceSums& sums = partial[chunk];
    h_numerator.setZero(numerator ? a.cols : 0, k);
    h_denominator.setZero(numerator && needs_v ? a.cols : 0, k);
    sums.factor_sum.setZero(k);
    DenseDivergenceTile<T, Matrix> tile(a, h, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(tile.rows, k), w_numerator = rows;
    RowMatrix<T> w_denominator = needs_v ? rows : h.sum;
    for_each_tile(
        chunks.begin(c), chunks.end(c), tile.rows, [&](Index first, Index count) {
          load_rows(w, first, count, rows);
          w_numerator.setZero();
          if (needs_v) w_denominator.setZero();
          tile.for_each_product(
              rows, first, count, [&](Index j, Index cols, Panel<T> panel) {
                sums.value += tile.value_and_weights(panel, count, cols);
                tile.add_terms_of_w_update(j, count, cols, w_numerator, w_denominator);
              });
          multiply(rows, w_numerator, w_denominator, count, penalty,
                   divergence.gamma());
          store_rows(rows, first, count, w);
          if (!numerator) return;
          tile.for_each_product(rows, first, count,
                                [&](Index j, Index cols, Panel<T> panel) {
                                  tile.to_weights(panel, count, cols);
                                  tile.add_terms_of_h_update(
                                      rows, j, count, cols, h_numerator, h_denominator);
                                });
          add_rows(rows, count, sums.factor_sum);
        });
  });
  const DivergenceSums total = sum_of_chunks(partial);
  if (numerator) sum_in_order(workspace.sums, *numerator, n_threads);
  if (numerator && needs_v)
    sum_in_order(workspace.denominator_sums, *denominator, n_threads);
  return total;
}

/// D(A | W·H) over all entries.
template <typename T, typename Matrix>
double dense_divergence(const Matrix& a, const ConstMatrixView<T>& w,
                        const ConstMatrixView<T>& ht, const Divergence<T>& divergence,
                        int n_threads) {
  const FactorLayouts<T> h(ht);
  using Tile = DenseDivergenceTile<T, Matrix>;
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * Tile::rows, 1);
  std::vector<double> partial(static_cast<std::size_t>(chunks.count));
  const int team_size = useful_threads(2 * a.rows * a.cols * ht.cols(), n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    Tile tile(a, h, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, h.ht.cols());
    double& sum = partial[static_cast<std::size_t>(c)];
    for_each_tile(chunks.begin(c), chunks.end(c), Tile::rows,
                  [&](Index first, Index count) {
                    rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
                    tile.for_each_product(rows, first, count,
                                          [&](Index, Index cols, Panel<T> panel) {
                                            sum += tile.value(panel, count, cols);
                                          });
                  });
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

}  // namespace latentia::nmf
