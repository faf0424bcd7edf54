#pragma once

#include <limits>

#include "factor.hpp"

namespace latentia::nmf {

/// W ← W ∘ (A·Ht) / (W·HHᵀ + l1 + l2·W), which never increases ½‖A − W·H‖² + penalty.
///
/// D. Lee and H. S. Seung, "Algorithms for non-negative matrix factorization", NIPS
/// 2000.
template <typename T>
class Multiplicative {
 public:
  /// `gram` = HHᵀ (k × k).
  Multiplicative(const Narrow<T>& gram, Penalty<T> penalty)
      : gram_(pad_columns<T>(gram)),
        l1_(penalty.l1),
        denominator_(most_rows, gram_.cols()) {
    gram_.diagonal().array() += penalty.l2;
  }

  /// The first `count` rows of w, given those of p = A·Ht.
  void operator()(RowMatrix<T>& w, const RowMatrix<T>& p, Index count) {
    using Vector = typename Simd<T>::Vector;
    const Index k = gram_.rows(), line = gram_.cols();
    denominator_.topRows(count).setZero();
    skinny::multiply_add<T>({w.data(), count, k, line, 1}, line, gram_.data(), line,
                            denominator_.data(), line, {w.data(), line});
    const Vector least = Vector{} + least_denominator<T>;
    // What goes to zero would pass through denormal numbers, which are slow.
    const Vector tiny = Vector{} + std::numeric_limits<T>::min();
    for (Index i = 0; i < count * line; i += Simd<T>::lanes) {
      Vector& x = vector_at(w.data() + i);
      const Vector d = vector_at(denominator_.data() + i) + l1_;
      const Vector to = x * (vector_at(p.data() + i) / (d == 0 ? least : d));
      x = to < tiny ? Vector{} : to;
    }
  }

 private:
  RowMatrix<T> gram_;  // HHᵀ + l2·I
  T l1_;
  RowMatrix<T> denominator_;
};

}  // namespace latentia::nmf
