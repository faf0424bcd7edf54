#pragma once

#include "divergence.hpp"
#include "filled.hpp"

/// Multiplicative updates that look at the stored entries of sparse A only: W·H is
/// worked out at these alone, row by row, while their rows of Ht lie in L1.
///
/// That is all a Kullback-Leibler divergence needs, where an entry that is zero costs
/// its w·h, which column sums of the factors add up; and it is all there is to any
/// divergence where what is not stored is unknown.
namespace latentia::nmf {

/// The stored entries of a tile of rows.
template <typename T, typename I>
class StoredTile {
 public:
  static constexpr Index rows = 32;

  StoredTile(const Csr<T, I>& a, const RowMatrix<T>& ht,
             const Divergence<T>& divergence)
      : a_(a), ht_(ht), divergence_(divergence) {}

  void open(Index first, Index count) {
    first_ = first, count_ = count;
    begin_ = a_.row_start[first];
    size_ = a_.row_start[first + count] - begin_;
    const auto size = static_cast<std::size_t>(size_);
    if (size > q_.size()) q_.resize(size), v_.resize(size, T{1});
  }

  /// q = W·H, entry by entry.
  void products(const RowMatrix<T>& w) {
    strips([&](auto halves, Index j) {
      constexpr int n = decltype(halves)::value;
      for (Index i = 0; i < count_; ++i) {
        skinny::Line<T, n> row;
        row.load(w.data() + i * w.cols() + j);
        for (Index p = a_.row_start[first_ + i]; p < a_.row_start[first_ + i + 1];
             ++p) {
          const T dot = row.dot(ht_.data() + a_.column[p] * ht_.cols() + j);
          T& q = q_[static_cast<std::size_t>(p - begin_)];
          q = j == 0 ? dot : q + dot;
        }
      }
    });
  }

  double value() const { return divergence_.value(a(), q_.data(), size_); }
  void to_weights() { divergence_.weights(a(), q_.data(), v_.data(), size_); }
  double value_and_weights() {
    return divergence_.value_and_weights(a(), q_.data(), v_.data(), size_);
  }

  double sum_of_products() const {
    double sum = 0;
    for (Index p = 0; p < size_; ++p)
      sum += static_cast<double>(q_[static_cast<std::size_t>(p)]);
    return sum;
  }

  /// numerator = u·Ht, denominator = v·Ht.
  void forward(RowMatrix<T>* numerator, RowMatrix<T>* denominator) const {
    const auto add = [&](const std::vector<T>& weight, RowMatrix<T>& sum) {
      const Csr<T, I> weighted = with(weight);
      strips([&](auto halves, Index j) {
        for (Index i = 0; i < count_; ++i)
          skinny::gather<T, I, decltype(halves)::value>(
              weighted, i, ht_.data() + j, ht_.cols(), sum.data() + i * sum.cols() + j);
      });
    };
    add(q_, *numerator);
    if (denominator) add(v_, *denominator);
  }

  /// numerator += uᵀ·W, denominator += vᵀ·W.
  void backward(const RowMatrix<T>& w, RowMatrix<T>* numerator,
                RowMatrix<T>* denominator) const {
    const auto add = [&](const std::vector<T>& weight, RowMatrix<T>& sum) {
      const Csr<T, I> weighted = with(weight);
      strips([&](auto halves, Index j) {
        for (Index i = 0; i < count_; ++i)
          skinny::scatter<T, I, decltype(halves)::value>(
              weighted, i, w.data() + i * w.cols() + j, sum.data() + j, sum.cols());
      });
    };
    add(q_, *numerator);
    if (denominator) add(v_, *denominator);
  }

 private:
  const T* a() const { return a_.value + begin_; }

  /// The tile's rows with other values.
  Csr<T, I> with(const std::vector<T>& value) const {
    return {count_, a_.cols, a_.row_start + first_, a_.column, value.data() - begin_};
  }

  template <typename Body>
  void strips(Body&& body) const {
    skinny::strips<T>(ht_.cols(), body);
  }

  Csr<T, I> a_;
  const RowMatrix<T>& ht_;
  const Divergence<T>& divergence_;
  Index first_ = 0, count_ = 0, begin_ = 0, size_ = 0;
  std::vector<T> q_{T{0}}, v_{T{1}};  // v stays 1 where it is
};

/// The update of W given Ht; the sums that H's needs, if they are wanted. `known_only`:
/// entries that are not stored are unknown, else they are zeros (β = 1).
template <typename T, typename I>
DivergenceSums stored_pass(const Csr<T, I>& a, bool known_only, NarrowOut<T> w,
                           const Narrow<T>& ht, const Divergence<T>& divergence,
                           Penalty<T> penalty, NarrowOut<T>* numerator,
                           NarrowOut<T>* denominator, Workspace<T>& workspace,
                           int n_threads) {
  using Tile = StoredTile<T, I>;
  const RowMatrix<T>& wide =
      workspace.pad(ht, skinny::padded_to_half<T>(ht.cols()), n_threads);
  const Index k = padded<T>(ht.cols());
  RowMatrix<T> sum_of_h = RowMatrix<T>::Zero(1, k);
  sum_of_h.leftCols(ht.cols()) =
      ht.template cast<double>().colwise().sum().template cast<T>();
  const Chunks chunks = chunks_for<T>(a, (known_only ? 2 : 1) * wide.cols());
  workspace.sums.resize(static_cast<std::size_t>(chunks.count));
  workspace.sums_too.resize(workspace.sums.size());
  std::vector<DivergenceSums> partial(workspace.sums.size());
  const int team = worth(4 * stored(a) * k, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    const auto run = static_cast<std::size_t>(c);
    RowMatrix<T>&up = workspace.sums[run], &down = workspace.sums_too[run];
    DivergenceSums& sums = partial[run];
    up.setZero(numerator ? a.cols : 0, wide.cols());
    down.setZero(numerator && known_only ? a.cols : 0, wide.cols());
    sums.of_factor.setZero(k);
    Tile tile(a, wide, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, k), above = rows;
    RowMatrix<T> below = known_only ? rows : sum_of_h;
    for_each_tile(
        chunks.begin(c), chunks.end(c), Tile::rows, [&](Index first, Index count) {
          load_rows(w, first, count, rows);
          tile.open(first, count);
          tile.products(rows);
          if (!known_only)  // Σ q over all entries instead of the stored ones
            sums.value += (rows.topRows(count) * sum_of_h.transpose())
                              .template cast<double>()
                              .sum() -
                          tile.sum_of_products();
          sums.value += tile.value_and_weights();
          tile.forward(&above, known_only ? &below : nullptr);
          multiply(rows, above, below, count, penalty, divergence.gamma());
          store_rows(rows, first, count, w);
          if (!numerator) return;
          tile.products(rows);
          tile.to_weights();
          tile.backward(rows, &up, known_only ? &down : nullptr);
          sums.of_factor +=
              rows.topRows(count).template cast<double>().colwise().sum().array();
        });
  });
  const DivergenceSums total = in_order(partial);
  if (numerator) sum_in_order(workspace.sums, *numerator, n_threads);
  if (numerator && known_only)
    sum_in_order(workspace.sums_too, *denominator, n_threads);
  return total;
}

/// D(A | W·H) over the stored entries; with what `stored_pass` adds for the others, if
/// they are zeros.
template <typename T, typename I>
double stored_value(const Csr<T, I>& a, bool known_only, const Narrow<T>& w,
                    const Narrow<T>& ht, const Divergence<T>& divergence,
                    int n_threads) {
  using Tile = StoredTile<T, I>;
  Workspace<T> workspace;
  const RowMatrix<T>& wide =
      workspace.pad(ht, skinny::padded_to_half<T>(ht.cols()), n_threads);
  const Chunks chunks = Chunks::for_sums(a.rows, 2 * Tile::rows, 1);
  std::vector<double> partial(static_cast<std::size_t>(chunks.count));
  parallel_for(chunks.count, worth(stored(a) * wide.cols(), n_threads), [&](Index c) {
    Tile tile(a, wide, divergence);
    RowMatrix<T> rows = RowMatrix<T>::Zero(Tile::rows, padded<T>(w.cols()));
    double& sum = partial[static_cast<std::size_t>(c)];
    for_each_tile(chunks.begin(c), chunks.end(c), Tile::rows,
                  [&](Index first, Index count) {
                    rows.topLeftCorner(count, w.cols()) = w.middleRows(first, count);
                    tile.open(first, count);
                    tile.products(rows);
                    sum += tile.value();
                    if (!known_only) sum -= tile.sum_of_products();
                  });
  });
  const double sum = std::accumulate(partial.begin(), partial.end(), 0.0);
  if (known_only) return sum;
  return sum + w.template cast<double>().colwise().sum().dot(
                   ht.template cast<double>().colwise().sum());
}

}  // namespace latentia::nmf
