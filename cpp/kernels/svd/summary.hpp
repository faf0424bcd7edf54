#pragma once

#include <cmath>
#include <limits>

#include "../parallel.hpp"
#include "../skinny/simd.hpp"

/// What a fit asks of its data before it begins, in one read of A: is every number
/// finite, how large are they, and the first two moments of each column.
namespace latentia::svd {

struct Summary {
  /// Σ (a − origin) and Σ (a − origin)² of each column. About a point near the data
  /// instead of zero, the variance does not cancel when the mean is large.
  Eigen::ArrayXd sum, square;
  /// Stored entries of each column: of sparse rows about another point than zero, whose
  /// other entries are −origin. Empty where they are not counted.
  Eigen::ArrayXd stored;
  double max_abs = 0;
  Index bad_row = -1, bad_col = -1;  // the first entry that is NaN or infinite

  explicit Summary(Index cols)
      : sum(Eigen::ArrayXd::Zero(cols)), square(Eigen::ArrayXd::Zero(cols)) {}

  void add(const Summary& next) {
    sum += next.sum;
    square += next.square;
    if (stored.size() > 0) stored += next.stored;
    max_abs = std::max(max_abs, next.max_abs);
    if (bad_row < 0) bad_row = next.bad_row, bad_col = next.bad_col;
  }
};

template <typename T>
void find_bad(const Dense<T>& a, Index begin, Index end, Summary& total) {
  for (Index i = begin; i < end && total.bad_row < 0; ++i)
    for (Index k = 0; k < a.cols && total.bad_row < 0; ++k)
      if (!std::isfinite(a.data[i * a.row_stride + k * a.col_stride]))
        total.bad_row = i, total.bad_col = k;
}

/// Columns [k, k + V) of R rows: the sums stay in registers while the rows go by.
template <typename T, int R>
inline void add_block(const T* data, Index stride, const double* origin, double* sum,
                      double* square, T* high) {
  constexpr int lanes = skinny::Simd<double>::lanes;
  using Wide = typename skinny::Simd<double>::Vector;
  typedef T Narrow
      __attribute__((vector_size(lanes * sizeof(T)), aligned(sizeof(T)), may_alias));
  Wide total = *reinterpret_cast<const Wide*>(sum);
  Wide squares = *reinterpret_cast<const Wide*>(square);
  Narrow top = *reinterpret_cast<const Narrow*>(high);
  const Wide about = *reinterpret_cast<const Wide*>(origin);
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i) {
    const Narrow a = *reinterpret_cast<const Narrow*>(data + i * stride);
    const Narrow size = a < 0 ? -a : a;
    top = size > top ? size : top;
    const Wide x = __builtin_convertvector(a, Wide) - about;
    total += x;
    squares += x * x;
  }
  *reinterpret_cast<Wide*>(sum) = total;
  *reinterpret_cast<Wide*>(square) = squares;
  *reinterpret_cast<Narrow*>(high) = top;
}

template <typename T>
void summarise_by_rows(const Dense<T>& a, const double* origin, Index begin, Index end,
                       Summary& total, Eigen::Array<T, Eigen::Dynamic, 1>& high) {
  constexpr Index lanes = skinny::Simd<double>::lanes;
  const Index whole = a.cols / lanes * lanes;
  const auto block = [&]<int R>(Index i) {
    const T* row = a.data + i * a.row_stride;
    for (Index k = 0; k < whole; k += lanes)
      add_block<T, R>(row + k, a.row_stride, origin + k, total.sum.data() + k,
                      total.square.data() + k, high.data() + k);
    for (Index k = whole; k < a.cols; ++k)
      for (Index r = 0; r < R; ++r) {
        const T value = row[r * a.row_stride + k];
        const double x = static_cast<double>(value) - origin[k];
        total.sum[k] += x;
        total.square[k] += x * x;
        high[k] = std::max(high[k], std::abs(value));
      }
  };
  Index i = begin;
  for (; i + 8 <= end; i += 8) block.template operator()<8>(i);
  for (; i < end; ++i) block.template operator()<1>(i);
}

template <typename T>
void summarise_by_columns(const Dense<T>& a, const double* origin, Index begin,
                          Index end, Summary& total,
                          Eigen::Array<T, Eigen::Dynamic, 1>& high) {
  using Line = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
  constexpr Index block = 512;  // rows that stay in L1 for the three sums
  for (Index k = 0; k < a.cols; ++k)
    for (Index i = begin; i < end; i += block) {
      const Line line(a.data + k * a.col_stride + i, std::min(block, end - i));
      const auto x = line.template cast<double>() - origin[k];
      total.sum[k] += x.sum();
      total.square[k] += x.square().sum();
      high[k] = std::max(high[k], line.abs().maxCoeff());
    }
}

template <typename T>
void summarise(const Dense<T>& a, const double* origin, Index begin, Index end,
               Summary& total) {
  Eigen::Array<T, Eigen::Dynamic, 1> high =
      Eigen::Array<T, Eigen::Dynamic, 1>::Zero(a.cols);
  if (a.col_stride == 1)
    summarise_by_rows(a, origin, begin, end, total, high);
  else
    summarise_by_columns(a, origin, begin, end, total, high);
  total.max_abs = a.cols > 0 ? static_cast<double>(high.maxCoeff()) : 0;
  // NaN and infinity do not leave a sum again; finite data may overflow the squares.
  const bool finite = (total.square < std::numeric_limits<double>::infinity()).all();
  if (!finite) find_bad(a, begin, end, total);
}

/// Of the stored entries alone. `origin` is null for zero.
template <typename T, typename I>
void summarise(const Csr<T, I>& a, const double* origin, Index begin, Index end,
               Summary& total) {
  if (origin) total.stored.setZero(a.cols);
  for (Index i = begin; i < end; ++i)
    for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p) {
      const double value = static_cast<double>(a.value[p]);
      const Index k = a.column[p];
      if (!std::isfinite(value) && total.bad_row < 0)
        total.bad_row = i, total.bad_col = k;
      const double x = origin ? value - origin[k] : value;
      total.sum[k] += x;
      total.square[k] += x * x;
      total.max_abs = std::max(total.max_abs, std::abs(value));
      if (origin) total.stored[k] += 1;
    }
}

template <typename T>
void finish(const Dense<T>&, const double* /*origin*/, Summary& /*total*/) {}

/// What is not stored is zero, and −origin about the origin.
template <typename T, typename I>
void finish(const Csr<T, I>& a, const double* origin, Summary& total) {
  if (!origin) return;
  const Eigen::Map<const Eigen::ArrayXd> about(origin, a.cols);
  const Eigen::ArrayXd zeros = static_cast<double>(a.rows) - total.stored;
  total.sum -= zeros * about;
  total.square += zeros * about.square();
}

template <typename T>
const double* where_needed(const Dense<T>&, const double* origin) {
  return origin;
}

template <typename T, typename I>
const double* where_needed(const Csr<T, I>& a, const double* origin) {
  return Eigen::Map<const Eigen::ArrayXd>(origin, a.cols).isZero(0) ? nullptr : origin;
}

/// `origin` (n) is the point that moments are taken about.
template <typename Matrix>
Summary summary(const Matrix& a, const double* origin, int n_threads) {
  const double* about = where_needed(a, origin);
  const Chunks chunks = Chunks::for_sums(a.rows, 64, 16 * a.cols);
  std::vector<Summary> partial(static_cast<std::size_t>(chunks.count), Summary(a.cols));
  parallel_for(chunks.count, worth(4 * a.rows * a.cols, n_threads), [&](Index c) {
    summarise(a, about, chunks.begin(c), chunks.end(c),
              partial[static_cast<std::size_t>(c)]);
  });
  for (std::size_t c = 1; c < partial.size(); ++c) partial[0].add(partial[c]);
  finish(a, about, partial[0]);
  return partial[0];
}

struct CsrForm {
  Index malformed_row = -1;  // the first row that would index memory out of bounds
  bool canonical = true;     // columns ascend within rows, each stored once
};

/// Kernels index memory with the numbers of a CSR matrix: they are looked at first.
template <typename T, typename I>
CsrForm inspect(const Csr<T, I>& a, Index stored) {
  CsrForm form;
  if (a.row_start[0] != 0) return {0, false};
  for (Index i = 0; i < a.rows; ++i) {
    const Index begin = a.row_start[i], end = a.row_start[i + 1];
    if (end < begin || end > stored) return {i, false};
    Index previous = -1;
    for (Index p = begin; p < end; ++p) {
      const Index k = a.column[p];
      if (k < 0 || k >= a.cols) return {i, false};
      form.canonical &= k > previous;
      previous = k;
    }
  }
  return form;
}

}  // namespace latentia::svd
