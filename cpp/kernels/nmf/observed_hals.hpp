#pragma once

#include <numeric>

#include "hals.hpp"

/// HALS where unstored entries of sparse A are missing. Every row of W is a least
/// squares problem with its own Gram matrix, Σ_j h_j h_jᵀ over the stored entries.
namespace latentia::nmf {

/// Minimises ½Σ(a − w·h)² + penalty over one row w (k) ≥ 0. The sum is over the stored
/// entries of a row of A.
template <typename T>
class ObservedRow {
 public:
  ObservedRow(const RowMatrix<T>& ht, Index k, Penalty<T> penalty, int sweeps,
              CoordinateOrder order)
      : ht_(ht),
        k_(k),
        padded_k_(padded<T>(k)),
        l2_(penalty.l2),
        sweeps_(sweeps),
        order_(order),
        observed_(RowMatrix<T>::Zero(block_rows, padded_k_)),
        gram_(padded_k_, padded_k_),
        row_(RowMatrix<T>::Zero(1, padded_k_)),
        linear_term_(RowMatrix<T>::Constant(1, padded_k_, penalty.l1)),
        slope_(1, padded_k_) {
    for (std::size_t l = 0; l < penalty.centre.size(); ++l)
      linear_term_(0, static_cast<Index>(l)) -= l2_ * penalty.centre[l];
  }

  /// Updates w, and returns ½Σ(a − w·h)² of the new w.
  template <typename I>
  double operator()(const Csr<T, I>& a, Index row, T* w) {
    row_.leftCols(k_) = Eigen::Map<const RowMatrix<T>>(w, 1, k_);
    build_normal_equations(a, row);
    minimise();
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
  void build_normal_equations(const Csr<T, I>& a, Index row) {
    gram_.setZero();
    slope_.setZero();
    for (Index p = a.row_start[row]; p < a.row_start[row + 1]; p += block_rows) {
      const Index count = std::min<Index>(block_rows, a.row_start[row + 1] - p);
      for (Index i = 0; i < count; ++i) {
        observed_.row(i) = ht_.row(a.column[p + i]);
        slope_ -= a.value[p + i] * observed_.row(i);
      }
      skinny::multiply_add<T>({observed_.data(), k_, count, 1, padded_k_},
                              padded_to_half_vector<T>(k_), observed_.data(), padded_k_,
                              gram_.data(), padded_k_, {observed_.data(), padded_k_});
    }
    gram_.diagonal().head(k_).array() += l2_;
    slope_ += linear_term_;
    for (Index l = 0; l < k_; ++l) slope_ += row_(0, l) * gram_.row(l);
  }

  /// Coordinate descent; `slope_` is updated with every step.
  void minimise() {
    double first_change = 0;
    for (int s = 0; s < sweeps_; ++s) {
      double change = 0;
      for (Index step_index = 0; step_index < order_.size(k_); ++step_index) {
        const Index l = order_[step_index];
        if (gram_(l, l) < std::numeric_limits<T>::min()) continue;
        const T best = std::max(T{0}, row_(0, l) - slope_(0, l) / gram_(l, l));
        const T step = best - row_(0, l);
        if (step == 0) continue;
        row_(0, l) = best;
        slope_ += step * gram_.row(l);
        change += static_cast<double>(step) * static_cast<double>(step);
      }
      if (s == 0) first_change = change;
      if (change <= 0.01 * first_change) break;  // (1/10)², as in `Hals`
    }
  }

  const RowMatrix<T>& ht_;
  Index k_, padded_k_;
  T l2_;
  int sweeps_;
  CoordinateOrder order_;
  RowMatrix<T> observed_;     // rows of Ht of the stored entries, a block at a time
  RowMatrix<T> gram_, row_;   // the row's Gram matrix and w
  RowMatrix<T> linear_term_;  // l1 − l2·centre
  RowMatrix<T> slope_;        // the gradient at w
};

/// Updates W given Ht, and returns ½Σ(a − w·h)² over the stored entries. If the penalty
/// has a centre, rows without entries keep their values.
template <typename T, typename I>
double observed_hals_pass(const Csr<T, I>& a, MatrixView<T> w,
                          const ConstMatrixView<T>& ht, Penalty<T> penalty, int sweeps,
                          CoordinateOrder order, Workspace<T>& workspace,
                          int n_threads) {
  const RowMatrix<T>& padded_ht = workspace.pad(ht, padded<T>(ht.cols()), n_threads);
  // 64 chunks balance the load of a large machine; they have no sums to add.
  const std::vector<Index> cuts =
      skinny::cut_by_entries(a, std::clamp<Index>(a.rows, 1, 64));
  std::vector<double> partial(cuts.size() - 1);
  const int team_size =
      useful_threads(nnz(a) * padded_ht.cols() * padded_ht.cols(), n_threads);
  parallel_for(static_cast<Index>(partial.size()), team_size, [&](Index c) {
    const auto chunk = static_cast<std::size_t>(c);
    ObservedRow<T> update(padded_ht, ht.cols(), penalty, sweeps, order);
    for (Index i = cuts[chunk]; i < cuts[chunk + 1]; ++i)
      if (penalty.centre.empty() || a.row_start[i] < a.row_start[i + 1])
        partial[chunk] += update(a, i, w.data() + i * w.outerStride());
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

}  // namespace latentia::nmf
