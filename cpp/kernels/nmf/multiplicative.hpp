#pragma once

#include <limits>

#include "factor.hpp"

namespace latentia::nmf {

/// The multiplicative update W ← W ∘ (A·Ht) / (W·HHᵀ + l1 + l2·W). It never increases
/// ½‖A − W·H‖² + penalty.
///
/// D. Lee and H. S. Seung, "Algorithms for non-negative matrix factorization", NIPS
/// 2000.
template <typename T>
class Multiplicative {
 public:
  /// `gram` = HHᵀ (k × k).
  Multiplicative(const ConstMatrixView<T>& gram, Penalty<T> penalty)
      : gram_(RowMatrix<T>::Zero(gram.rows(), padded_columns(gram.cols()))),
        l1_(penalty.l1),
        denominator_(block_rows, gram_.cols()) {
    gram_.leftCols(gram.cols()) = gram;
    gram_.diagonal().array() += penalty.l2;
  }

  static Index padded_columns(Index k) { return padded_to_half_vector<T>(k); }

  /// Updates the first `count` rows of w, given p = A·Ht. Rows of w and p up to the
  /// next whole vector are zero.
  void operator()(RowMatrix<T>& w, const RowMatrix<T>& p, Index count) {
    using Vector = typename Simd<T>::Vector;
    const Index k = gram_.rows(), padded_k = gram_.cols();
    denominator_.topRows(padded<T>(count)).setZero();
    skinny::multiply_add<T>({w.data(), count, k, padded_k, 1}, padded_k, gram_.data(),
                            padded_k, denominator_.data(), padded_k,
                            {w.data(), padded_k});
    const Vector minimum = Vector{} + min_denominator<T>;
    // An entry that converges to zero is set to zero before it becomes denormal:
    // arithmetic with denormal numbers is slow.
    const Vector tiny = Vector{} + std::numeric_limits<T>::min();
    for (Index i = 0; i < count * padded_k; i += Simd<T>::lanes) {
      Vector& x = vector_at(w.data() + i);
      const Vector d = vector_at(denominator_.data() + i) + l1_;
      const Vector updated = x * (vector_at(p.data() + i) / (d == 0 ? minimum : d));
      x = updated < tiny ? Vector{} : updated;
    }
  }

 private:
  RowMatrix<T> gram_;  // HHᵀ + l2·I
  T l1_;
  RowMatrix<T> denominator_;
};

}  // namespace latentia::nmf
