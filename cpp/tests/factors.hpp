#pragma once

#include "../kernels/nmf/factor.hpp"
#include "matrices.hpp"

/// Non-negative test factors, and reference results from plain loops in float64.
///
/// If no term is negative, the relative error of a sum is at most the error of its
/// terms plus one eps per term. `check_near` uses this bound.
namespace latentia::testing {

/// Uniform in [0.5, 1.5).
template <typename T>
RowMatrix<T> positive_matrix(Index rows, Index cols, unsigned seed) {
  return random_matrix<T>(rows, cols, seed).array() / 2 + 1;
}

/// Most entries are zero, and so is every fifth row.
template <typename T>
RowMatrix<T> rare_matrix(Index rows, Index cols, unsigned seed) {
  return sparse_matrix<T>(rows, cols, seed).cwiseAbs();
}

/// A factor in the first columns of a wider matrix. Its other columns are NaN.
template <typename T>
struct FactorSlice {
  RowMatrix<T> memory;
  Index cols;

  explicit FactorSlice(const RowMatrix<T>& x)
      : memory(RowMatrix<T>::Constant(x.rows(), x.cols() + 3,
                                      std::numeric_limits<T>::quiet_NaN())),
        cols(x.cols()) {
    memory.leftCols(cols) = x;
  }
  /// For results: all entries are NaN.
  FactorSlice(Index rows, Index k)
      : FactorSlice(
            RowMatrix<T>::Constant(rows, k, std::numeric_limits<T>::quiet_NaN())) {}

  ConstMatrixView<T> in() const {
    return {memory.data(), memory.rows(), cols, Eigen::OuterStride<>(memory.cols())};
  }
  MatrixView<T> out() {
    return {memory.data(), memory.rows(), cols, Eigen::OuterStride<>(memory.cols())};
  }

  /// The factor. Checks that the other columns are still NaN.
  RowMatrix<T> value(
      std::source_location where = std::source_location::current()) const {
    check(memory.rightCols(3).array().isNaN().all(), "other columns are not written",
          where);
    return memory.leftCols(cols);
  }
};

/// Aᵀ in CSR; zeros that A stores are stored.
template <typename T>
struct TransposedCsr {
  std::vector<std::int64_t> row_start{0}, column;
  std::vector<T> value;
  Csr<T, AnyIndex> view;

  explicit TransposedCsr(const Csr<T, AnyIndex>& a) {
    for (Index j = 0; j < a.cols; ++j) {
      for (Index i = 0; i < a.rows; ++i)
        for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p)
          if (static_cast<Index>(a.column[p]) == j) {
            column.push_back(i);
            value.push_back(a.value[p]);
          }
      row_start.push_back(static_cast<Index>(value.size()));
    }
    view = {a.cols, a.rows, row_start.data(), column.data(), value.data()};
  }
};

/// FᵀF, computed in float64 and rounded to T.
template <typename T>
RowMatrix<T> gram_of(const RowMatrix<T>& factor) {
  const RowMatrix<double> f = factor.template cast<double>();
  return (f.transpose() * f).template cast<T>();
}

/// Without a penalty, with l1, and with l1 and l2.
template <typename T>
constexpr nmf::Penalty<T> penalties[] = {{0, 0}, {T(0.125), 0}, {T(0.125), T(0.5)}};

/// 0 … k − 1 in the order 1, 4, 7, …, 2, 5, …, 0, 3, ….
inline std::vector<Index> other_order(Index k) {
  std::vector<Index> order;
  for (Index first : {1, 2, 0})
    for (Index l = first; l < k; l += 3) order.push_back(l);
  return order;
}

/// A row of a factor in float64, and the error bound of each entry in eps of the
/// kernel's type.
struct PlainRow {
  Eigen::ArrayXd w, error;
};

/// Coordinate descent on ½·w·G·wᵀ − p·wᵀ + l1·Σw, w ≥ 0: the row after every sweep, and
/// the number of sweeps until it stops. The errors of G and p (eps times `terms`) and
/// of each step are propagated through all later steps.
struct PlainDescent {
  std::vector<PlainRow> after;
  std::size_t stopped_after = 0;

  PlainDescent(PlainRow row, const RowMatrix<double>& g, const Eigen::ArrayXd& p,
               double l1, int sweeps, const Index* order, Index terms) {
    Eigen::ArrayXd largest = row.w;
    double first_change = 0;
    for (int s = 0; s < sweeps; ++s) {
      double change = 0;
      for (Index turn = 0; turn < row.w.size(); ++turn) {
        const Index l = order ? order[turn] : turn;
        const Eigen::ArrayXd g_l = g.row(l).transpose();
        if (g_l[l] == 0) continue;
        const double slope = (g_l * row.w).sum() + l1 - p[l];
        const double size = (g_l * largest).sum() + l1 + p[l];
        const double best = std::max(0.0, row.w[l] - slope / g_l[l]);
        const double others = (g_l * row.error).sum() - g_l[l] * row.error[l];
        change += (best - row.w[l]) * (best - row.w[l]);
        row.w[l] = best;
        row.error[l] = (others + static_cast<double>(terms) * size) / g_l[l];
        largest[l] = std::max(largest[l], best);
      }
      after.push_back(row);
      if (s == 0) first_change = change;
      // It stops when a sweep changes w at most a tenth as much as the first one did.
      if (stopped_after == 0 && change <= 0.01 * first_change)
        stopped_after = after.size();
    }
    if (stopped_after == 0) stopped_after = after.size();
  }

  const PlainRow& last() const { return after[stopped_after - 1]; }
};

/// "All within the bound", not "none beyond it": NaN must fail.
template <typename T, typename Row>
bool is_near(const Row& computed, const PlainRow& expected) {
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  const Eigen::ArrayXd error =
      (computed.template cast<double>().transpose().array() - expected.w).abs();
  return (error <= eps * (expected.error + 8 * expected.w)).all();
}

/// The results of a pass in one row, for comparison bit by bit.
struct FlatResults {
  std::vector<double> all;

  template <typename Derived>
  FlatResults& operator<<(const Eigen::DenseBase<Derived>& x) {
    for (const auto row : x.rowwise())
      for (const auto entry : row) *this << static_cast<double>(entry);
    return *this;
  }
  FlatResults& operator<<(double x) {
    all.push_back(x);
    return *this;
  }

  RowMatrix<double> row() const {
    return Eigen::Map<const RowMatrix<double>>(all.data(), 1,
                                               static_cast<Index>(all.size()));
  }
};

/// Checks that pass(workspace, n_threads) gives the same bits for every number of
/// threads, in a new workspace and in a used one.
template <typename T, typename Pass>
void bits_do_not_depend_on_threads_or_workspace(const std::string& what, Pass&& pass) {
  nmf::Workspace<T> first, used;
  const RowMatrix<double> one = pass(first, 1).row();
  check(one.allFinite(), "finite: " + what);
  // Larger than needed, and filled with other numbers.
  used.sums.assign(40, RowMatrix<T>::Constant(7, 5, 3));
  used.denominator_sums = used.sums;
  used.ht.setConstant(9000, 3, 5);
  used.w.setConstant(3, 9000, 5);
  for (const int n_threads : {1, 2, 7}) {
    const std::string threads = ", " + std::to_string(n_threads) + " threads";
    check(same_bits(one, pass(used, n_threads).row()),
          "the same bits: " + what + threads);
  }
}

}  // namespace latentia::testing
