#pragma once

#include <limits>

#include "factor.hpp"

namespace latentia::nmf {

/// Hierarchical alternating least squares: one coordinate of a row after the other is
/// set to its best value ≥ 0 given the others,
///
///     w_l ← max(0, w_l − (Σ_r (HHᵀ + l2·I)_lr w_r + l1 − (A·Ht)_l) / (HHᵀ + l2·I)_ll).
///
/// Rows are independent of each other: one vector holds the coordinate of many rows,
/// and a few sweeps over the coordinates cost little beside A·Ht (Gillis and Glineur).
///
/// A. Cichocki and A.-H. Phan, "Fast local algorithms for large scale nonnegative
/// matrix and tensor factorizations", IEICE Transactions 92-A (2009). N. Gillis and F.
/// Glineur, "Accelerated multiplicative updates and hierarchical ALS algorithms for
/// nonnegative matrix factorization", Neural Computation 24 (2012).
template <typename T>
class Coordinate {
  using Vector = typename Simd<T>::Vector;
  using Mask = decltype(Vector{} > Vector{});
  static constexpr int lanes = Simd<T>::lanes;
  /// Vectors of rows that are worked on together, in registers.
  static constexpr int many = skinny::register_rows / 2, few = many / 2;

 public:
  /// At most `sweeps` over the coordinates in `order`.
  Coordinate(const Narrow<T>& gram, Penalty<T> penalty, int sweeps, Order order)
      : gram_(gram), l1_(penalty.l1), sweeps_(sweeps), order_(order) {
    gram_.diagonal().array() += penalty.l2;
    const Index k = padded<T>(gram.cols());
    w_.setZero(k, line);
    p_.setZero(k, line);
  }

  /// The first `count` rows of w, given those of p = A·Ht; and those up to a whole
  /// vector.
  void operator()(RowMatrix<T>& w, const RowMatrix<T>& p, Index count) {
    const Index wide = padded<T>(count), k = w.cols();
    skinny::transpose(w.data(), k, wide, k, w_.data(), line);
    skinny::transpose(p.data(), k, wide, k, p_.data(), line);
    Index first = 0;
    for (; first + many * lanes <= wide; first += many * lanes) sweep<many>(first);
    for (; first + few * lanes <= wide; first += few * lanes) sweep<few>(first);
    for (; first < wide; first += lanes) sweep<1>(first);
    skinny::transpose(w_.data(), line, k, wide, w.data(), k);
  }

 private:
  /// An odd number of vectors a line: neighbours do not meet in one cache set.
  static constexpr Index line = most_rows + (most_rows / lanes % 2 ? 2 : 1) * lanes;

  /// Sweeps while they still move a row: until one moves it less than a tenth as far as
  /// the first did. Then its lanes hold still, while those beside them go on: what
  /// becomes of a row does not depend on the rows that it shares its vectors with.
  template <int V>
  void sweep(Index first) {
    Vector enough[V] = {};  // (change of w)², of which a hundredth is rest
    Mask moving[V];
    for (int v = 0; v < V; ++v) moving[v] = enough[v] == enough[v];
    for (int s = 0; s < sweeps_; ++s) {
      Vector moved[V] = {};
      if (s == 0)
        sweep_once<V, false>(first, moving, moved);
      else
        sweep_once<V, true>(first, moving, moved);
      Vector any = {};
      for (int v = 0; v < V; ++v) {
        if (s == 0) enough[v] = T(0.01) * moved[v];
        moving[v] = moved[v] > enough[v];
        any += moving[v] ? Vector{} + 1 : Vector{};
      }
      if (skinny::sum_of_lanes<T>(any) == 0) break;
    }
  }

  /// Adds (change of w)² to `moved`; `Some`: only where rows are still `moving`.
  template <int V, bool Some>
  void sweep_once(Index first, const Mask (&moving)[V], Vector (&moved)[V]) {
    const Index k = gram_.rows(), turns = order_.size(k);
    for (Index turn = 0; turn < turns; ++turn) {
      const Index l = order_[turn];
      const T* g = gram_.data() + l * k;
      if (g[l] < std::numeric_limits<T>::min()) continue;  // no slope
      Vector slope[V];
#pragma GCC unroll 6
      for (int v = 0; v < V; ++v)
        slope[v] = l1_ - vector_at(p_.data() + l * line + first + v * lanes);
      for (Index r = 0; r < k; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < V; ++v)
          slope[v] += g[r] * vector_at(w_.data() + r * line + first + v * lanes);
      const T step = 1 / g[l];
#pragma GCC unroll 6
      for (int v = 0; v < V; ++v) {
        Vector& x = vector_at(w_.data() + l * line + first + v * lanes);
        const Vector to = x - slope[v] * step;
        Vector best = to > 0 ? to : Vector{};
        if constexpr (Some) best = moving[v] ? best : x;
        moved[v] += (best - x) * (best - x);
        x = best;
      }
    }
  }

  RowMatrix<T> gram_;  // HHᵀ + l2·I
  T l1_;
  int sweeps_;
  Order order_;
  RowMatrix<T> w_, p_;  // k × line: rows of W as lanes
};

}  // namespace latentia::nmf
