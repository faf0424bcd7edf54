#pragma once

#include <Eigen/Core>
#include <limits>

#include "factor.hpp"

namespace latentia::nmf {

/// The β-divergence D(A | Q) = Σ d(a, q), Q = W·H, and what its gradient is made of:
///
///     β = 2    d = ½(a − q)²                   squared error
///     β = 1    d = a·log(a/q) − a + q          Kullback-Leibler
///     β = 0    d = a/q − log(a/q) − 1          Itakura-Saito
///     else     d = (a^β + (β − 1)q^β − β·a·q^(β−1)) / (β(β − 1))
///
///     ∂d/∂q = v − u,  u = a·q^(β−2),  v = q^(β−1)
///
/// Multiplicative updates are  W ← W ∘ ((u·Ht) / (v·Ht + penalty))^γ,  with the
/// exponent of majorisation-minimisation: 1/(2 − β) below 1, 1/(β − 1) above 2, else 1.
///
/// C. Févotte and J. Idier, "Algorithms for nonnegative matrix factorization with the
/// β-divergence", Neural Computation 23 (2011).
template <typename T>
class Divergence {
 public:
  /// Products are at least `floor` where they are divided by.
  Divergence(T beta, T floor) : beta_(beta), floor_(floor) {}

  T gamma() const {
    return beta_ < 1 ? 1 / (2 - beta_) : beta_ > 2 ? 1 / (beta_ - 1) : T{1};
  }

  /// Whether v is 1 everywhere.
  bool unit_slope() const { return beta_ == 1; }

  /// Σ d(a, q) over a line.
  double value(const T* a, const T* q, Index size) const {
    return in_blocks(size, [&](Index first, Index count) {
      const Given some(a + first, count), products(q + first, count);
      Block u, v;
      weigh(some, products, u, v);
      return value(some, products, u, v);
    });
  }

  /// u in place of q, and v (unless it is 1) over a line.
  void weights(const T* a, T* q, T* v_out, Index size) const {
    in_blocks(size, [&](Index first, Index count) {
      const Given some(a + first, count), products(q + first, count);
      Block u, v;
      weigh(some, products, u, v);
      replace(u, v, q + first, v_out + first);
      return 0.0;
    });
  }

  /// Both at once.
  double value_and_weights(const T* a, T* q, T* v_out, Index size) const {
    return in_blocks(size, [&](Index first, Index count) {
      const Given some(a + first, count), products(q + first, count);
      Block u, v;
      weigh(some, products, u, v);
      const double sum = value(some, products, u, v);
      replace(u, v, q + first, v_out + first);
      return sum;
    });
  }

 private:
  static constexpr Index most = 128;
  using Block = Eigen::Array<T, 1, Eigen::Dynamic, Eigen::RowMajor, 1, most>;
  using Given = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>>;

  /// Σ body(first, count) over blocks that stay in L1.
  template <typename Body>
  static double in_blocks(Index size, Body&& body) {
    double sum = 0;
    for (Index i = 0; i < size; i += most) sum += body(i, std::min(most, size - i));
    return sum;
  }

  void weigh(const Given& a, const Given& q, Block& u, Block& v) const {
    if (beta_ == 2) {
      u = a;
      v = q;
    } else if (beta_ == 1) {
      u = a / q.max(floor_);
    } else if (beta_ == 0) {
      v = q.max(floor_).inverse();
      u = a * v.square();
    } else {
      // Powers that are not negative need no floor.
      constexpr T tiny = std::numeric_limits<T>::min();
      const auto least = q.max(beta_ < 2 ? floor_ : tiny);
      v = ((beta_ - 2) * least.log()).exp();
      u = a * v;
      v *= least;
      if (1 < beta_ && beta_ < 2) v = ((beta_ - 1) * q.max(tiny).log()).exp();
    }
  }

  /// Σ d. What is 0·log 0 or 0^β comes out as 0.
  double value(const Given& a, const Given& q, const Block& u, const Block& v) const {
    constexpr T tiny = std::numeric_limits<T>::min();
    const auto total = [](const auto& d) { return static_cast<double>(d.sum()); };
    if (beta_ == 2) return total((a - q).square()) / 2;
    if (beta_ == 1) return total(a * u.max(tiny).log() - a + q);
    if (beta_ == 0) return total(a * v - (a * v).max(tiny).log() - 1);
    // 0^β = 0·0^(β−1) = 0 if β > 0; else neither is 0.
    const T low = beta_ > 0 ? tiny : floor_;
    const auto power = [&](const auto& x) {
      return x * ((beta_ - 1) * x.max(low).log()).exp();
    };
    return total(power(a) + (beta_ - 1) * power(q.max(beta_ > 0 ? T{0} : floor_)) -
                 beta_ * a * v) /
           static_cast<double>(beta_ * (beta_ - 1));
  }

  void replace(const Block& u, const Block& v, T* q, T* v_out) const {
    Eigen::Map<Block>(q, u.size()) = u;
    if (!unit_slope()) Eigen::Map<Block>(v_out, v.size()) = v;
  }

  T beta_, floor_;
};

/// W ← W ∘ ((numerator + l2·centre) / (denominator + l1 + l2·W))^γ over the first
/// `count` rows, which are as wide as the denominator's or share one row of it. What is
/// added to the numerator is the penalty's slope where it is negative.
template <typename T>
void multiply(RowMatrix<T>& w, const RowMatrix<T>& numerator,
              const RowMatrix<T>& denominator, Index count, Penalty<T> penalty,
              T gamma) {
  using Line = Eigen::Array<T, 1, Eigen::Dynamic>;
  Line d(w.cols()), pull = Line::Zero(w.cols());
  for (std::size_t l = 0; l < penalty.centre.size(); ++l)
    pull[static_cast<Index>(l)] = penalty.l2 * penalty.centre[l];
  for (Index i = 0; i < count; ++i) {
    auto row = w.row(i).array();
    d = denominator.row(denominator.rows() == 1 ? 0 : i).array() + penalty.l1 +
        penalty.l2 * row;
    for (Index j = 0; j < d.size(); ++j)
      if (d[j] == 0) d[j] = least_denominator<T>;
    // What is too large may meet a zero.
    d = ((numerator.row(i).array() + pull) / d).min(std::numeric_limits<T>::max());
    if (gamma != 1)  // d^γ = d·d^(γ−1), which leaves 0 what it is
      d *= ((gamma - 1) * d.max(std::numeric_limits<T>::min()).log()).exp();
    row *= d;
    for (Index j = 0; j < row.size(); ++j)  // denormal numbers are slow
      if (row[j] < std::numeric_limits<T>::min()) row[j] = 0;
  }
}

/// The same for all rows of a factor.
template <typename T>
void multiply_rows(NarrowOut<T> w, const Narrow<T>& numerator,
                   const Narrow<T>& denominator, Penalty<T> penalty,
                   const Divergence<T>& divergence, int n_threads) {
  const Index k = w.cols();
  const Chunks chunks = Chunks::of_rows(w.rows(), 8 * most_rows);
  parallel_for(chunks.count, worth(16 * w.size(), n_threads), [&](Index c) {
    RowMatrix<T> rows(most_rows, k), above(most_rows, k),
        below = denominator.topRows(std::min<Index>(1, denominator.rows()));
    for_each_tile(chunks.begin(c), chunks.end(c), most_rows,
                  [&](Index first, Index count) {
                    rows.topRows(count) = w.middleRows(first, count);
                    above.topRows(count) = numerator.middleRows(first, count);
                    if (denominator.rows() > 1)
                      below = denominator.middleRows(first, count);
                    multiply(rows, above, below, count, penalty, divergence.gamma());
                    store_rows(rows, first, count, w);
                  });
  });
}

}  // namespace latentia::nmf
