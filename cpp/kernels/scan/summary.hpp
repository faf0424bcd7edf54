#pragma once

#include <cmath>
#include <limits>

#include "../parallel.hpp"
#include "../skinny/simd.hpp"

/// What every fit needs to know about A first, in one read: whether all entries are
/// finite, the largest magnitude, and the first two moments of each column.
namespace latentia::scan {

struct Summary {
  /// Σ (a − origin) and Σ (a − origin)² of each column. With an origin near the data,
  /// the variance loses no digits to cancellation if the mean is large.
  Eigen::ArrayXd sum, square;
  /// The number of stored entries of each column. It is counted only for sparse A and
  /// an origin other than zero, else the array is empty.
  Eigen::ArrayXd nnz_per_column;
  double max_abs = 0;
  /// The first entry in row order that is NaN or infinite; −1 if there is none.
  Index nonfinite_row = -1, nonfinite_col = -1;

  explicit Summary(Index cols)
      : sum(Eigen::ArrayXd::Zero(cols)), square(Eigen::ArrayXd::Zero(cols)) {}

  void add(const Summary& next) {
    sum += next.sum;
    square += next.square;
    if (nnz_per_column.size() > 0) nnz_per_column += next.nnz_per_column;
    max_abs = std::max(max_abs, next.max_abs);
    if (nonfinite_row < 0)
      nonfinite_row = next.nonfinite_row, nonfinite_col = next.nonfinite_col;
  }
};

template <typename T>
void find_nonfinite(const Dense<T>& a, Index begin, Index end, Summary& total) {
  for (Index i = begin; i < end && total.nonfinite_row < 0; ++i)
    for (Index k = 0; k < a.cols && total.nonfinite_row < 0; ++k)
      if (!std::isfinite(a.data[i * a.row_stride + k * a.col_stride]))
        total.nonfinite_row = i, total.nonfinite_col = k;
}

/// Adds one vector of columns of R rows: the sums stay in registers. The origin and the
/// sums are float64, so a vector of them has half as many lanes as one of float32.
template <typename T, int R>
inline void add_block(const T* data, Index stride, const double* origin, double* sum,
                      double* square, T* max_abs) {
  constexpr int lanes = skinny::Simd<double>::lanes;
  using DoubleVector = typename skinny::Simd<double>::Vector;
  typedef T HalfVector
      __attribute__((vector_size(lanes * sizeof(T)), aligned(sizeof(T)), may_alias));
  DoubleVector total = *reinterpret_cast<const DoubleVector*>(sum);
  DoubleVector square_sum = *reinterpret_cast<const DoubleVector*>(square);
  HalfVector largest = *reinterpret_cast<const HalfVector*>(max_abs);
  const DoubleVector origin_values = *reinterpret_cast<const DoubleVector*>(origin);
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i) {
    const HalfVector a = *reinterpret_cast<const HalfVector*>(data + i * stride);
    const HalfVector size = a < 0 ? -a : a;
    largest = size > largest ? size : largest;
    const DoubleVector x = __builtin_convertvector(a, DoubleVector) - origin_values;
    total += x;
    square_sum += x * x;
  }
  *reinterpret_cast<DoubleVector*>(sum) = total;
  *reinterpret_cast<DoubleVector*>(square) = square_sum;
  *reinterpret_cast<HalfVector*>(max_abs) = largest;
}

/// Rows [begin, end) of A in C order, eight at a time.
template <typename T>
void summarise_rows(const Dense<T>& a, const double* origin, Index begin, Index end,
                    Summary& total, Eigen::Array<T, Eigen::Dynamic, 1>& max_abs) {
  constexpr Index lanes = skinny::Simd<double>::lanes;
  const Index vector_end = a.cols / lanes * lanes;
  const auto block = [&]<int R>(Index i) {
    const T* row = a.data + i * a.row_stride;
    for (Index k = 0; k < vector_end; k += lanes)
      add_block<T, R>(row + k, a.row_stride, origin + k, total.sum.data() + k,
                      total.square.data() + k, max_abs.data() + k);
    for (Index k = vector_end; k < a.cols; ++k)
      for (Index r = 0; r < R; ++r) {
        const T value = row[r * a.row_stride + k];
        const double x = static_cast<double>(value) - origin[k];
        total.sum[k] += x;
        total.square[k] += x * x;
        max_abs[k] = std::max(max_abs[k], std::abs(value));
      }
  };
  Index i = begin;
  for (; i + 8 <= end; i += 8) block.template operator()<8>(i);
  for (; i < end; ++i) block.template operator()<1>(i);
}

/// Rows [begin, end) of A in Fortran order, column by column.
template <typename T>
void summarise_columns(const Dense<T>& a, const double* origin, Index begin, Index end,
                       Summary& total, Eigen::Array<T, Eigen::Dynamic, 1>& max_abs) {
  using Line = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
  constexpr Index block = 512;  // entries that stay in L1 while three sums read them
  for (Index k = 0; k < a.cols; ++k)
    for (Index i = begin; i < end; i += block) {
      const Line line(a.data + k * a.col_stride + i, std::min(block, end - i));
      const auto x = line.template cast<double>() - origin[k];
      total.sum[k] += x.sum();
      total.square[k] += x.square().sum();
      max_abs[k] = std::max(max_abs[k], line.abs().maxCoeff());
    }
}

template <typename T>
void summarise(const Dense<T>& a, const double* origin, Index begin, Index end,
               Summary& total) {
  Eigen::Array<T, Eigen::Dynamic, 1> max_abs =
      Eigen::Array<T, Eigen::Dynamic, 1>::Zero(a.cols);
  if (a.col_stride == 1)
    summarise_rows(a, origin, begin, end, total, max_abs);
  else
    summarise_columns(a, origin, begin, end, total, max_abs);
  total.max_abs = a.cols > 0 ? static_cast<double>(max_abs.maxCoeff()) : 0;
  // A sum that contains NaN or infinity is not finite. The reverse is not true, because
  // squares of finite numbers may overflow: the entries are then tested one by one.
  const bool finite = (total.square < std::numeric_limits<double>::infinity()).all();
  if (!finite) find_nonfinite(a, begin, end, total);
}

/// Sums over the stored entries only. `origin` is null if it is zero.
template <typename T, typename I>
void summarise(const Csr<T, I>& a, const double* origin, Index begin, Index end,
               Summary& total) {
  if (origin) total.nnz_per_column.setZero(a.cols);
  for (Index i = begin; i < end; ++i)
    for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p) {
      const double value = static_cast<double>(a.value[p]);
      const Index k = a.column[p];
      if (!std::isfinite(value) && total.nonfinite_row < 0)
        total.nonfinite_row = i, total.nonfinite_col = k;
      const double x = origin ? value - origin[k] : value;
      total.sum[k] += x;
      total.square[k] += x * x;
      total.max_abs = std::max(total.max_abs, std::abs(value));
      if (origin) total.nnz_per_column[k] += 1;
    }
}

template <typename T>
void add_unstored_zeros(const Dense<T>&, const double* /*origin*/, Summary& /*total*/) {
}

/// Adds the entries that are not stored: zero − origin, and its square.
template <typename T, typename I>
void add_unstored_zeros(const Csr<T, I>& a, const double* origin, Summary& total) {
  if (!origin) return;
  const Eigen::Map<const Eigen::ArrayXd> origin_values(origin, a.cols);
  const Eigen::ArrayXd zeros = static_cast<double>(a.rows) - total.nnz_per_column;
  total.sum -= zeros * origin_values;
  total.square += zeros * origin_values.square();
}

/// The origin, or null if it is zero and A is sparse.
template <typename T>
const double* null_if_zero(const Dense<T>&, const double* origin) {
  return origin;
}

template <typename T, typename I>
const double* null_if_zero(const Csr<T, I>& a, const double* origin) {
  return Eigen::Map<const Eigen::ArrayXd>(origin, a.cols).isZero(0) ? nullptr : origin;
}

/// The summary of A, with moments about the point `origin` (n).
template <typename Matrix>
Summary summary(const Matrix& a, const double* origin, int n_threads) {
  const double* origin_values = null_if_zero(a, origin);
  // 64 rows: adding a chunk's two sums costs little compared with its entries.
  const Chunks chunks = Chunks::for_sums(a.rows, 64, 16 * a.cols);
  std::vector<Summary> partial(static_cast<std::size_t>(chunks.count), Summary(a.cols));
  parallel_for(chunks.count, useful_threads(4 * a.rows * a.cols, n_threads),
               [&](Index c) {
                 summarise(a, origin_values, chunks.begin(c), chunks.end(c),
                           partial[static_cast<std::size_t>(c)]);
               });
  for (std::size_t c = 1; c < partial.size(); ++c) partial[0].add(partial[c]);
  add_unstored_zeros(a, origin_values, partial[0]);
  return partial[0];
}

}  // namespace latentia::scan
