#pragma once

#include <limits>

#include "factor.hpp"

namespace latentia::nmf {

/// Hierarchical alternating least squares (HALS): coordinate descent on the rows of W.
/// Each coordinate is set to its optimal value ≥ 0 given the others:
///
///     w_l ← max(0, w_l − (Σ_r (HHᵀ + l2·I)_lr w_r + l1 − (A·Ht)_l) / (HHᵀ + l2·I)_ll).
///
/// Rows are independent of each other, so one vector holds the same coordinate of many
/// rows. Several sweeps over the coordinates cost little compared with A·Ht (Gillis and
/// Glineur).
///
/// A. Cichocki and A.-H. Phan, "Fast local algorithms for large scale nonnegative
/// matrix and tensor factorizations", IEICE Transactions 92-A (2009). N. Gillis and F.
/// Glineur, "Accelerated multiplicative updates and hierarchical ALS algorithms for
/// nonnegative matrix factorization", Neural Computation 24 (2012).
template <typename T>
class Hals {
  using Vector = typename Simd<T>::Vector;
  using Mask = decltype(Vector{} > Vector{});
  static constexpr int lanes = Simd<T>::lanes;
  /// Vectors of rows that are updated together, in registers.
  static constexpr int large_group = skinny::register_rows / 2,
                       small_group = large_group / 2;
  /// Sums of a slope that are added at last: a multiply-add takes four cycles, in which
  /// three vectors of rows are too few to keep both units busy.
  static constexpr Index chains = large_group < 6 ? 2 : 1;

 public:
  /// At most `sweeps` over the coordinates in `order`.
  Hals(const ConstMatrixView<T>& gram, Penalty<T> penalty, int sweeps,
       CoordinateOrder order)
      : gram_(gram), l1_(penalty.l1), sweeps_(sweeps), order_(order) {
    gram_.diagonal().array() += penalty.l2;
    const Index k = padded<T>(gram.cols());
    w_.setZero(k, stride);
    p_.setZero(k, stride);
  }

  /// Blocks of whole vectors are transposed.
  static Index padded_columns(Index k) { return padded<T>(k); }

  /// Updates the first `count` rows of w, and the padding rows, given p = A·Ht.
  void operator()(RowMatrix<T>& w, const RowMatrix<T>& p, Index count) {
    const Index padded_count = padded<T>(count), k = w.cols();
    skinny::transpose(w.data(), k, padded_count, k, w_.data(), stride);
    skinny::transpose(p.data(), k, padded_count, k, p_.data(), stride);
    Index first = 0;
    for (; first + large_group * lanes <= padded_count; first += large_group * lanes)
      sweep<large_group>(first);
    for (; first + small_group * lanes <= padded_count; first += small_group * lanes)
      sweep<small_group>(first);
    for (; first < padded_count; first += lanes) sweep<1>(first);
    skinny::transpose(w_.data(), stride, k, padded_count, w.data(), k);
  }

 private:
  /// An odd number of vectors per line, so that consecutive lines use different cache
  /// sets.
  static constexpr Index stride = block_rows + (block_rows / lanes % 2 ? 2 : 1) * lanes;

  /// Sweeps over a group of V vectors of rows. A row is finished when a sweep changes
  /// it at most a tenth as much as the first sweep did (the rule of Gillis and
  /// Glineur): a new H then gains more than another sweep. A finished row is not
  /// changed while the other rows of its vectors continue, so its result does not
  /// depend on them.
  template <int V>
  void sweep(Index first) {
    Vector stop_below[V] = {};  // a bound of ‖change of w‖²
    Mask active[V];
    for (int v = 0; v < V; ++v) active[v] = stop_below[v] == stop_below[v];
    for (int s = 0; s < sweeps_; ++s) {
      Vector change[V] = {};
      if (s == 0)
        sweep_once<V, false>(first, active, change);
      else
        sweep_once<V, true>(first, active, change);
      Vector n_active = {};
      for (int v = 0; v < V; ++v) {
        if (s == 0) stop_below[v] = T(0.01) * change[v];  // a tenth, squared
        active[v] = change[v] > stop_below[v];
        n_active += active[v] ? Vector{} + 1 : Vector{};
      }
      if (skinny::sum_of_lanes<T>(n_active) == 0) break;
    }
  }

  /// Adds ‖change of w‖² to `change`. `Masked`: changes only the rows that are
  /// `active`.
  template <int V, bool Masked>
  void sweep_once(Index first, const Mask (&active)[V], Vector (&change)[V]) {
    const Index k = gram_.rows(), n_steps = order_.size(k);
    for (Index step_index = 0; step_index < n_steps; ++step_index) {
      const Index l = order_[step_index];
      const T* g = gram_.data() + l * k;
      if (g[l] < std::numeric_limits<T>::min()) continue;  // row l of H is 0
      Vector slope[V], rest[V] = {};
#pragma GCC unroll 6
      for (int v = 0; v < V; ++v)
        slope[v] = l1_ - vector_at(p_.data() + l * stride + first + v * lanes);
      const auto add = [&](Vector(&sum)[V], Index r) {
#pragma GCC unroll 6
        for (int v = 0; v < V; ++v)
          sum[v] += g[r] * vector_at(w_.data() + r * stride + first + v * lanes);
      };
      Index r = 0;
      if constexpr (chains == 2)
        for (; r + 2 <= k; r += 2) add(slope, r), add(rest, r + 1);
      for (; r < k; ++r) add(slope, r);
#pragma GCC unroll 6
      for (int v = 0; v < V; ++v) slope[v] += rest[v];
      const T step = 1 / g[l];
#pragma GCC unroll 6
      for (int v = 0; v < V; ++v) {
        Vector& x = vector_at(w_.data() + l * stride + first + v * lanes);
        const Vector unconstrained = x - slope[v] * step;
        Vector best = unconstrained > 0 ? unconstrained : Vector{};
        if constexpr (Masked) best = active[v] ? best : x;
        change[v] += (best - x) * (best - x);
        x = best;
      }
    }
  }

  RowMatrix<T> gram_;  // HHᵀ + l2·I
  T l1_;
  int sweeps_;
  CoordinateOrder order_;
  RowMatrix<T> w_, p_;  // Wᵀ and Pᵀ of a block (k × stride): rows are lanes
};

}  // namespace latentia::nmf
