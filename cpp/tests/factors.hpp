#pragma once

#include "../kernels/nmf/factor.hpp"
#include "matrices.hpp"

/// Non-negative factors to test with, and what plain loops in float64 make of them.
///
/// Where nothing is negative a sum's relative error is that of its terms and one more
/// eps a term, which is how `check_near` bounds it.
namespace latentia::testing {

/// Uniform in [0.5, 1.5).
template <typename T>
RowMatrix<T> positive_matrix(Index rows, Index cols, unsigned seed) {
  return random_matrix<T>(rows, cols, seed).array() / 2 + 1;
}

/// Mostly zeros, and every fifth row nothing else.
template <typename T>
RowMatrix<T> rare_matrix(Index rows, Index cols, unsigned seed) {
  return sparse_matrix<T>(rows, cols, seed).cwiseAbs();
}

/// A factor as the first columns of a wider matrix, with NaN beside it.
template <typename T>
struct Apart {
  RowMatrix<T> memory;
  Index cols;

  explicit Apart(const RowMatrix<T>& x)
      : memory(RowMatrix<T>::Constant(x.rows(), x.cols() + 3,
                                      std::numeric_limits<T>::quiet_NaN())),
        cols(x.cols()) {
    memory.leftCols(cols) = x;
  }
  /// To be written to.
  Apart(Index rows, Index k)
      : Apart(RowMatrix<T>::Constant(rows, k, std::numeric_limits<T>::quiet_NaN())) {}

  Narrow<T> in() const {
    return {memory.data(), memory.rows(), cols, Eigen::OuterStride<>(memory.cols())};
  }
  NarrowOut<T> out() {
    return {memory.data(), memory.rows(), cols, Eigen::OuterStride<>(memory.cols())};
  }

  /// What is in it now; beside it nothing may have been written.
  RowMatrix<T> value(
      std::source_location where = std::source_location::current()) const {
    check(memory.rightCols(3).array().isNaN().all(), "written beside a factor", where);
    return memory.leftCols(cols);
  }
};

/// FᵀF as a kernel is given it.
template <typename T>
RowMatrix<T> gram_of(const RowMatrix<T>& factor) {
  const RowMatrix<double> f = factor.template cast<double>();
  return (f.transpose() * f).template cast<T>();
}

/// None, one and both.
template <typename T>
constexpr nmf::Penalty<T> penalties[] = {{0, 0}, {T(0.125), 0}, {T(0.125), T(0.5)}};

/// 0 … k − 1 in another order, in which neighbours do not follow each other.
inline std::vector<Index> other_order(Index k) {
  std::vector<Index> order;
  for (Index first : {1, 2, 0})
    for (Index l = first; l < k; l += 3) order.push_back(l);
  return order;
}

/// A row of a factor in float64, and by how many eps of the kernel's type each entry
/// may be off.
struct PlainRow {
  Eigen::ArrayXd w, off;
};

/// w after every sweep of coordinate descent on ½·w·G·wᵀ − p·wᵀ + l1·Σw, w ≥ 0; and how
/// many sweeps are worth it. What G and p are off by (eps times `terms`) and what each
/// step rounds goes through all later steps.
struct PlainDescent {
  std::vector<PlainRow> after;
  std::size_t worth_it = 0;

  PlainDescent(PlainRow row, const RowMatrix<double>& g, const Eigen::ArrayXd& p,
               double l1, int sweeps, const Index* order, Index terms) {
    Eigen::ArrayXd largest = row.w;
    double first_move = 0;
    for (int s = 0; s < sweeps; ++s) {
      double moved = 0;
      for (Index turn = 0; turn < row.w.size(); ++turn) {
        const Index l = order ? order[turn] : turn;
        const Eigen::ArrayXd g_l = g.row(l).transpose();
        if (g_l[l] == 0) continue;
        const double slope = (g_l * row.w).sum() + l1 - p[l];
        const double size = (g_l * largest).sum() + l1 + p[l];
        const double best = std::max(0.0, row.w[l] - slope / g_l[l]);
        const double others = (g_l * row.off).sum() - g_l[l] * row.off[l];
        moved += (best - row.w[l]) * (best - row.w[l]);
        row.w[l] = best;
        row.off[l] = (others + static_cast<double>(terms) * size) / g_l[l];
        largest[l] = std::max(largest[l], best);
      }
      after.push_back(row);
      if (s == 0) first_move = moved;
      // Until a sweep moves a tenth of the first one's way.
      if (worth_it == 0 && moved <= 0.01 * first_move) worth_it = after.size();
    }
    if (worth_it == 0) worth_it = after.size();
  }

  const PlainRow& last() const { return after[worth_it - 1]; }
};

/// Written so that NaN fails.
template <typename T, typename Row>
bool is_near(const Row& computed, const PlainRow& expected) {
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  const Eigen::ArrayXd error =
      (computed.template cast<double>().transpose().array() - expected.w).abs();
  return (error <= eps * (expected.off + 8 * expected.w)).all();
}

/// Results of a pass, one after another, to be compared bit by bit.
struct InARow {
  std::vector<double> all;

  template <typename Derived>
  InARow& operator<<(const Eigen::DenseBase<Derived>& x) {
    for (const auto row : x.rowwise())
      for (const auto entry : row) *this << static_cast<double>(entry);
    return *this;
  }
  InARow& operator<<(double x) {
    all.push_back(x);
    return *this;
  }

  RowMatrix<double> row() const {
    return Eigen::Map<const RowMatrix<double>>(all.data(), 1,
                                               static_cast<Index>(all.size()));
  }
};

/// pass(workspace, n_threads) gives the same bits for any number of threads, in a
/// workspace of its own and in one that was used.
template <typename T, typename Pass>
void bits_depend_on_nothing_else(const std::string& what, Pass&& pass) {
  nmf::Workspace<T> first, used;
  const RowMatrix<double> one = pass(first, 1).row();
  check(one.allFinite(), "finite: " + what);
  // Larger than is wanted, and full of something else.
  used.sums.assign(40, RowMatrix<T>::Constant(7, 5, 3));
  used.sums_too = used.sums;
  used.ht.setConstant(9000, 3, 5);
  for (const int n_threads : {1, 2, 7}) {
    const std::string threads = ", " + std::to_string(n_threads) + " threads";
    check(same_bits(one, pass(used, n_threads).row()),
          "the same bits: " + what + threads);
  }
}

}  // namespace latentia::testing
