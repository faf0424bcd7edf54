#pragma once

#include <numeric>

#include "coordinate.hpp"

/// Coordinate descent where the entries that sparse A does not store are unknown: every
/// row has a Gram matrix of its own, Σ_j h_j h_jᵀ over the entries that it knows.
namespace latentia::nmf {

/// Runs of rows with about equally many entries: a popular item's row may hold more
/// than a thousand others.
template <typename T, typename I>
std::vector<Index> cut_by_entries(const Csr<T, I>& a, Index runs) {
  std::vector<Index> cuts;
  for (Index c = 0; c < runs; ++c) {
    const I from = static_cast<I>(stored(a) / runs * c);
    cuts.push_back(std::lower_bound(a.row_start, a.row_start + a.rows, from) -
                   a.row_start);
  }
  cuts.front() = 0;
  cuts.push_back(a.rows);
  return cuts;
}

/// One row w (k) ≥ 0 at a time: least squares over the entries of a row of A.
template <typename T>
class KnownRow {
 public:
  KnownRow(const RowMatrix<T>& ht, Index k, Penalty<T> penalty, int sweeps, Order order)
      : ht_(ht),
        k_(k),
        line_(padded<T>(k)),
        l2_(penalty.l2),
        sweeps_(sweeps),
        order_(order),
        known_(RowMatrix<T>::Zero(most_rows, line_)),
        gram_(line_, line_),
        row_(RowMatrix<T>::Zero(1, line_)),
        pull_(RowMatrix<T>::Constant(1, line_, penalty.l1)),
        slope_(1, line_) {
    for (std::size_t l = 0; l < penalty.centre.size(); ++l)
      pull_(0, static_cast<Index>(l)) -= l2_ * penalty.centre[l];
  }

  /// Updates w; returns ½Σ(a − w·h)² with the new one.
  template <typename I>
  double operator()(const Csr<T, I>& a, Index row, T* w) {
    row_.leftCols(k_) = Eigen::Map<const RowMatrix<T>>(w, 1, k_);
    add_up(a, row);
    descend();
    Eigen::Map<RowMatrix<T>>(w, 1, k_) = row_.leftCols(k_);
    double squares = 0;
    for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p) {
      const T residual = a.value[p] - row_.row(0).dot(ht_.row(a.column[p]));
      squares += static_cast<double>(residual) * static_cast<double>(residual);
    }
    return squares / 2;
  }

 private:
  /// gram = Σ h·hᵀ + l2·I and slope = gram·w + l1 − l2·centre − Σ a·h.
  template <typename I>
  void add_up(const Csr<T, I>& a, Index row) {
    gram_.setZero();
    slope_.setZero();
    for (Index p = a.row_start[row]; p < a.row_start[row + 1]; p += most_rows) {
      const Index count = std::min<Index>(most_rows, a.row_start[row + 1] - p);
      for (Index i = 0; i < count; ++i) {
        known_.row(i) = ht_.row(a.column[p + i]);
        slope_ -= a.value[p + i] * known_.row(i);
      }
      skinny::multiply_add<T>({known_.data(), k_, count, 1, line_}, line_,
                              known_.data(), line_, gram_.data(), line_,
                              {known_.data(), line_});
    }
    gram_.diagonal().head(k_).array() += l2_;
    slope_ += pull_;
    for (Index l = 0; l < k_; ++l) slope_ += row_(0, l) * gram_.row(l);
  }

  void descend() {
    double first_move = 0;
    for (int s = 0; s < sweeps_; ++s) {
      double moved = 0;
      for (Index turn = 0; turn < order_.size(k_); ++turn) {
        const Index l = order_[turn];
        if (gram_(l, l) < std::numeric_limits<T>::min()) continue;
        const T best = std::max(T{0}, row_(0, l) - slope_(0, l) / gram_(l, l));
        const T step = best - row_(0, l);
        if (step == 0) continue;
        row_(0, l) = best;
        slope_ += step * gram_.row(l);
        moved += static_cast<double>(step) * static_cast<double>(step);
      }
      if (s == 0) first_move = moved;
      if (moved <= 0.01 * first_move) break;
    }
  }

  const RowMatrix<T>& ht_;
  Index k_, line_;
  T l2_;
  int sweeps_;
  Order order_;
  RowMatrix<T> known_, gram_, row_, pull_, slope_;  // pull = l1 − l2·centre
};

/// The update of W given Ht; returns ½Σ(a − w·h)² over the stored entries. Where there
/// is a centre, rows without entries keep their values: they are no evidence for it.
template <typename T, typename I>
double known_coordinate_pass(const Csr<T, I>& a, NarrowOut<T> w, const Narrow<T>& ht,
                             Penalty<T> penalty, int sweeps, Order order,
                             Workspace<T>& workspace, int n_threads) {
  const RowMatrix<T>& wide = workspace.pad(ht, padded<T>(ht.cols()), n_threads);
  const std::vector<Index> cuts = cut_by_entries(a, std::clamp<Index>(a.rows, 1, 64));
  std::vector<double> partial(cuts.size() - 1);
  const int team = worth(stored(a) * wide.cols() * wide.cols(), n_threads);
  parallel_for(static_cast<Index>(partial.size()), team, [&](Index c) {
    const auto run = static_cast<std::size_t>(c);
    KnownRow<T> update(wide, ht.cols(), penalty, sweeps, order);
    for (Index i = cuts[run]; i < cuts[run + 1]; ++i)
      if (penalty.centre.empty() || a.row_start[i] < a.row_start[i + 1])
        partial[run] += update(a, i, w.data() + i * w.outerStride());
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

}  // namespace latentia::nmf
