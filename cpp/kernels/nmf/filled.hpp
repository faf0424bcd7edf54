#pragma once

#include <numeric>

#include "divergence.hpp"
#include "panels.hpp"

/// Multiplicative updates for a β-divergence over all entries of A, in one read of A:
/// W·H is made panel by panel of a tile, never whole. Sparse rows are filled in, tile
/// by tile, since the divergence counts their zeros too.
namespace latentia::nmf {

/// What H's update needs, and the divergence before W's.
///
///     numerator (n × k) = uᵀW, denominator = vᵀW (n × k, or Σ W as one row if v = 1)
struct DivergenceSums {
  double value = 0;
  Eigen::ArrayXd of_factor;  // Σ W (k)
};

inline DivergenceSums in_order(const std::vector<DivergenceSums>& partial) {
  DivergenceSums total = partial[0];
  for (std::size_t c = 1; c < partial.size(); ++c) {
    total.value += partial[c].value;
    total.of_factor += partial[c].of_factor;
  }
  return total;
}

/// H as both products want it.
template <typename T>
struct BothWays {
  RowMatrix<T> ht, h;  // n × k and k × n, padded
  RowMatrix<T> sum;    // 1 × k: Σ over n

  explicit BothWays(const Narrow<T>& from)
      : ht(pad_columns<T>(from)),
        h(RowMatrix<T>::Zero(from.cols(), padded<T>(from.rows()))),
        sum(ht.template cast<double>().colwise().sum().template cast<T>()) {
    h.leftCols(from.rows()) = from.transpose();
  }

  /// q = W·H for a panel of `cols` columns from `begin`.
  void product(const RowMatrix<T>& w, Index count, Index begin, Index cols,
               RowMatrix<T>& q) const {
    q.topRows(count).setZero();
    skinny::multiply_add<T>({w.data(), count, h.rows(), w.cols(), 1}, padded<T>(cols),
                            h.data() + begin, h.cols(), q.data(), q.cols(),
                            {w.data(), w.cols()});
  }
};

/// A tile of W·H beside A, panel by panel.
template <typename T, typename Matrix>
class FilledTile {
 public:
  static constexpr Index rows = 48;

  FilledTile(const Matrix& a, const BothWays<T>& h, const Divergence<T>& divergence)
      : a_(a),
        h_(h),
        divergence_(divergence),
        q_(rows, std::min(panel_columns, h.h.cols())),
        v_(divergence.unit_slope() ? 0 : rows, q_.cols()),
        panels_(a) {}

  /// visit(first column, columns, A's panel) with q = W·H.
  template <typename Visit>
  void products(const RowMatrix<T>& w, Index first, Index count, Visit&& visit) {
    panels_.open(first, count);
    for (Index j = 0; j < a_.cols; j += panel_columns) {
      const Index cols = std::min(panel_columns, a_.cols - j);
      h_.product(w, count, j, cols, q_);
      visit(j, cols, panels_.at(j, cols));
    }
  }

  /// Σ d(a, q) of the rows.
  double value(const Panel<T>& a, Index count, Index cols) const {
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += divergence_.value(a.data + i * a.stride, line(q_, i), cols);
    return sum;
  }

  /// u in place of q, and v.
  void to_weights(const Panel<T>& a, Index count, Index cols) {
    for (Index i = 0; i < count; ++i)
      divergence_.weights(a.data + i * a.stride, line(q_, i), line(v_, i), cols);
  }

  /// The same; returns Σ d(a, q).
  double value_and_weights(const Panel<T>& a, Index count, Index cols) {
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += divergence_.value_and_weights(a.data + i * a.stride, line(q_, i),
                                           line(v_, i), cols);
    return sum;
  }

  /// numerator += u·Ht, denominator += v·Ht.
  void forward(Index first_col, Index count, Index cols, RowMatrix<T>& numerator,
               RowMatrix<T>& denominator) const {
    const auto add = [&](const RowMatrix<T>& weight, RowMatrix<T>& sum) {
      const Index k = h_.ht.cols();
      skinny::multiply_add<T>({weight.data(), count, cols, weight.cols(), 1}, k,
                              h_.ht.data() + first_col * k, k, sum.data(), k,
                              {weight.data(), weight.cols()});
    };
    add(q_, numerator);
    if (v_.size() > 0) add(v_, denominator);
  }

  /// numerator += uᵀ·W, denominator += vᵀ·W.
  void backward(const RowMatrix<T>& w, Index first_col, Index count, Index cols,
                RowMatrix<T>& numerator, RowMatrix<T>& denominator) const {
    const auto add = [&](const RowMatrix<T>& weight, RowMatrix<T>& sum) {
      const Index k = w.cols();
      skinny::multiply_add<T>({weight.data(), cols, count, 1, weight.cols()}, k,
                              w.data(), k, sum.data() + first_col * k, k,
                              {weight.data(), weight.cols()});
    };
    add(q_, numerator);
    if (v_.size() > 0) add(v_, denominator);
  }

 private:
  template <typename M>
  static auto line(M& m, Index i) {
    return m.data() + i * m.cols();
  }

  Matrix a_;
  const BothWays<T>& h_;
  const Divergence<T>& divergence_;
  RowMatrix<T> q_, v_;
  Panels<Matrix> panels_;
};

/// The update of W given Ht; the sums that H's needs, if they are wanted.
template <typename T, typename Matrix>
DivergenceSums filled_pass(const Matrix& a, NarrowOut<T> w, const Narrow<T>& ht,
                           const Divergence<T>& divergence, Penalty<T> penalty,
                           NarrowOut<T>* numerator, NarrowOut<T>* denominator,
                           Workspace<T>& workspace, int n_threads) {
  const BothWays<T> h(ht);
  const Index k = h.ht.cols();
  const bool slopes = !divergence.unit_slope();
  const Chunks chunks =
      Chunks::for_sums(a.rows, 2 * FilledTile<T, Matrix>::rows,
                       (slopes ? 2 : 1) * a.cols * k * static_cast<Index>(sizeof(T)));
  workspace.sums.resize(static_cast<std::size_t>(chunks.count));
  workspace.sums_too.resize(workspace.sums.size());
  std::vector<DivergenceSums> partial(workspace.sums.size());
  const int team = worth(4 * a.rows * a.cols * k, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    const auto run = static_cast<std::size_t>(c);
    RowMatrix<T>&up = workspace.sums[run], &down = workspace.sums_too[run];
    DivergenceSums& sums = partial[run];
    up.setZero(numerator ? a.cols : 0, k);
    down.setZero(numerator && slopes ? a.cols : 0, k);
    sums.of_factor.setZero(k);
    FilledTile<T, Matrix> tile(a, h, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(tile.rows, k), above = rows;
    RowMatrix<T> below = slopes ? rows : h.sum;
    for_each_tile(
        chunks.begin(c), chunks.end(c), tile.rows, [&](Index first, Index count) {
          load_rows(w, first, count, rows);
          above.setZero();
          if (slopes) below.setZero();
          tile.products(rows, first, count, [&](Index j, Index cols, Panel<T> panel) {
            sums.value += tile.value_and_weights(panel, count, cols);
            tile.forward(j, count, cols, above, below);
          });
          multiply(rows, above, below, count, penalty, divergence.gamma());
          store_rows(rows, first, count, w);
          if (!numerator) return;
          tile.products(rows, first, count, [&](Index j, Index cols, Panel<T> panel) {
            tile.to_weights(panel, count, cols);
            tile.backward(rows, j, count, cols, up, down);
          });
          sums.of_factor +=
              rows.topRows(count).template cast<double>().colwise().sum().array();
        });
  });
  const DivergenceSums total = in_order(partial);
  if (numerator) sum_in_order(workspace.sums, *numerator, n_threads);
  if (numerator && slopes) sum_in_order(workspace.sums_too, *denominator, n_threads);
  return total;
}

/// D(A | W·H) over all entries.
template <typename T, typename Matrix>
double filled_value(const Matrix& a, const Narrow<T>& w, const Narrow<T>& ht,
                    const Divergence<T>& divergence, int n_threads) {
  const BothWays<T> h(ht);
  using Tile = FilledTile<T, Matrix>;
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * Tile::rows, 1);
  std::vector<double> partial(static_cast<std::size_t>(chunks.count));
  const int team = worth(2 * a.rows * a.cols * ht.cols(), n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    Tile tile(a, h, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, h.ht.cols());
    double& sum = partial[static_cast<std::size_t>(c)];
    for_each_tile(
        chunks.begin(c), chunks.end(c), Tile::rows, [&](Index first, Index count) {
          rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
          tile.products(rows, first, count, [&](Index, Index cols, Panel<T> panel) {
            sum += tile.value(panel, count, cols);
          });
        });
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

}  // namespace latentia::nmf
