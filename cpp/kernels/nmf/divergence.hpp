#pragma once

#include <Eigen/Core>
#include <limits>

#include "factor.hpp"
#include "kullback_leibler.hpp"

namespace latentia::nmf {

/// The β-divergence D(A | Q) = Σ d(a, q), Q = W·H, and the two terms of its gradient:
///
///     β = 2    d = ½(a − q)²                   squared error
///     β = 1    d = a·log(a/q) − a + q          Kullback-Leibler
///     β = 0    d = a/q − log(a/q) − 1          Itakura-Saito
///     else     d = (a^β + (β − 1)q^β − β·a·q^(β−1)) / (β(β − 1))
///
///     ∂d/∂q = v − u,  u = a·q^(β−2),  v = q^(β−1)
///
/// The multiplicative update is  W ← W ∘ ((u·Ht) / (v·Ht + penalty))^γ  with the
/// exponent of majorisation-minimisation: γ = 1/(2 − β) for β < 1, 1/(β − 1) for β > 2,
/// else 1.
///
/// C. Févotte and J. Idier, "Algorithms for nonnegative matrix factorization with the
/// β-divergence", Neural Computation 23 (2011).
template <typename T>
class Divergence {
 public:
  /// `floor` is a lower bound of q in denominators.
  Divergence(T beta, T floor) : beta_(beta), floor_(floor) {}

  T gamma() const {
    return beta_ < 1 ? 1 / (2 - beta_) : beta_ > 2 ? 1 / (beta_ - 1) : T{1};
  }

  /// Whether v = q^(β−1) is 1 for all entries.
  bool v_is_one() const { return beta_ == 1; }

  /// Σ d(a, q) over `size` entries.
  double value(const T* a, const T* q, Index size) const {
    if (beta_ == 1) return kullback_leibler<T, true, false>(a, q, size, floor_);
    return sum_over_blocks(size, [&](Index first, Index count) {
      const ConstLine entries(a + first, count), products(q + first, count);
      Block u, v;
      compute_weights(entries, products, u, v);
      return value(entries, products, v);
    });
  }

  /// Replaces q by u, and writes v unless it is 1.
  void weights(const T* a, T* q, T* v_out, Index size) const {
    if (beta_ == 1) {
      kullback_leibler<T, false, true>(a, q, size, floor_);
      return;
    }
    sum_over_blocks(size, [&](Index first, Index count) {
      const ConstLine entries(a + first, count), products(q + first, count);
      Block u, v;
      compute_weights(entries, products, u, v);
      store_weights(u, v, q + first, v_out + first);
      return 0.0;
    });
  }

  /// Does both: returns Σ d(a, q), replaces q by u and writes v.
  double value_and_weights(const T* a, T* q, T* v_out, Index size) const {
    if (beta_ == 1) return kullback_leibler<T, true, true>(a, q, size, floor_);
    return sum_over_blocks(size, [&](Index first, Index count) {
      const ConstLine entries(a + first, count), products(q + first, count);
      Block u, v;
      compute_weights(entries, products, u, v);
      const double sum = value(entries, products, v);
      store_weights(u, v, q + first, v_out + first);
      return sum;
    });
  }

 private:
  static constexpr Index block_size = 128;
  using Block = Eigen::Array<T, 1, Eigen::Dynamic, Eigen::RowMajor, 1, block_size>;
  using ConstLine = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>>;

  /// Σ body(first, count) over blocks of 128 entries, which stay in L1.
  template <typename Body>
  static double sum_over_blocks(Index size, Body&& body) {
    double sum = 0;
    for (Index i = 0; i < size; i += block_size)
      sum += body(i, std::min(block_size, size - i));
    return sum;
  }

  void compute_weights(const ConstLine& a, const ConstLine& q, Block& u,
                       Block& v) const {
    if (beta_ == 2) {
      u = a;
      v = q;
    } else if (beta_ == 0) {
      v = q.max(floor_).inverse();
      u = a * v.square();
    } else {
      // Only negative powers need the floor: q^(β−2) for β < 2, q^(β−1) for β < 1.
      constexpr T min_positive = std::numeric_limits<T>::min();
      const auto bounded_q = q.max(beta_ < 2 ? floor_ : min_positive);
      v = ((beta_ - 2) * bounded_q.log()).exp();
      u = a * v;
      v *= bounded_q;
      if (1 < beta_ && beta_ < 2) v = ((beta_ - 1) * q.max(min_positive).log()).exp();
    }
  }

  /// Σ d(a, q). The lower bounds inside the logarithms give 0·log 0 = 0 and, for β > 0,
  /// 0^β = 0.
  double value(const ConstLine& a, const ConstLine& q, const Block& v) const {
    constexpr T min_positive = std::numeric_limits<T>::min();
    const auto total = [](const auto& d) { return static_cast<double>(d.sum()); };
    if (beta_ == 2) return total((a - q).square()) / 2;
    if (beta_ == 0) return total(a * v - (a * v).max(min_positive).log() - 1);
    // x^β = x·x^(β−1), so 0^β = 0 if β > 0. For β < 0 a is positive and q ≥ floor.
    const T lower_bound = beta_ > 0 ? min_positive : floor_;
    const auto power = [&](const auto& x) {
      return x * ((beta_ - 1) * x.max(lower_bound).log()).exp();
    };
    return total(power(a) + (beta_ - 1) * power(q.max(beta_ > 0 ? T{0} : floor_)) -
                 beta_ * a * v) /
           static_cast<double>(beta_ * (beta_ - 1));
  }

  void store_weights(const Block& u, const Block& v, T* q, T* v_out) const {
    Eigen::Map<Block>(q, u.size()) = u;
    Eigen::Map<Block>(v_out, v.size()) = v;
  }

  T beta_, floor_;
};

}  // namespace latentia::nmf
