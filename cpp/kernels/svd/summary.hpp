#pragma once

#include <cmath>
#include <limits>

#include "../parallel.hpp"
#include "../skinny/simd.hpp"

/// What a fit asks of its data before it begins, in one read of A: is every number finite,
/// how large are they, and the first two moments of each column.
namespace latentia::svd {

struct Summary {
  /// Σ (a − origin) and Σ (a − origin)² of each column. About a row of the data instead of
  /// zero, the variance does not cancel when the mean is large.
  Eigen::ArrayXd sum, square;
  double max_abs = 0;
  Index bad_row = -1, bad_col = -1;  // the first entry that is NaN or infinite

  explicit Summary(Index cols)
      : sum(Eigen::ArrayXd::Zero(cols)), square(Eigen::ArrayXd::Zero(cols)) {}

  void add(const Summary& next) {
    sum += next.sum;
    square += next.square;
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

template <typename T>
void summarise(const Dense<T>& a, const double* origin, Index begin, Index end,
               Summary& total) {
  using Line = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
  constexpr Index block = 512;  // columns or rows whose sums stay in L1
  bool finite = true;
  if (a.col_stride == 1) {
    Eigen::Array<double, block, 1> x;
    for (Index i = begin; i < end; ++i)
      for (Index k = 0; k < a.cols; k += block) {
        const Index count = std::min(block, a.cols - k);
        const Line line(a.data + i * a.row_stride + k, count);
        const double most = static_cast<double>(line.abs().maxCoeff());
        x.head(count) = line.template cast<double>() -
                        Eigen::Map<const Eigen::ArrayXd>(origin + k, count);
        total.sum.segment(k, count) += x.head(count);
        total.square.segment(k, count) += x.head(count).square();
        total.max_abs = std::max(total.max_abs, most);
      }
  } else {
    for (Index k = 0; k < a.cols; ++k)
      for (Index i = begin; i < end; i += block) {
        const Line line(a.data + k * a.col_stride + i, std::min(block, end - i));
        const auto x = line.template cast<double>() - origin[k];
        total.sum[k] += x.sum();
        total.square[k] += x.square().sum();
        total.max_abs =
            std::max(total.max_abs, static_cast<double>(line.abs().maxCoeff()));
      }
  }
  // NaN and infinity do not leave a sum again; finite data may overflow the squares.
  finite = (total.square < std::numeric_limits<double>::infinity()).all();
  if (!finite) find_bad(a, begin, end, total);
}

template <typename T, typename I>
void summarise(const Csr<T, I>& a, const double* /*origin*/, Index begin, Index end,
               Summary& total) {
  for (Index i = begin; i < end; ++i)
    for (Index p = a.row_start[i]; p < a.row_start[i + 1]; ++p) {
      const double x = static_cast<double>(a.value[p]);
      const Index k = a.column[p];
      if (!std::isfinite(x) && total.bad_row < 0) total.bad_row = i, total.bad_col = k;
      total.sum[k] += x;
      total.square[k] += x * x;
      total.max_abs = std::max(total.max_abs, std::abs(x));
    }
}

/// `origin` (n) is the point that dense moments are taken about; sparse ones are taken
/// about zero.
template <typename Matrix>
Summary summary(const Matrix& a, const double* origin, int n_threads) {
  const Chunks chunks = Chunks::for_sums(a.rows, 64, 16 * a.cols);
  std::vector<Summary> partial(static_cast<std::size_t>(chunks.count), Summary(a.cols));
  parallel_for(chunks.count, n_threads, [&](Index c) {
    summarise(a, origin, chunks.begin(c), chunks.end(c),
              partial[static_cast<std::size_t>(c)]);
  });
  for (std::size_t c = 1; c < partial.size(); ++c) partial[0].add(partial[c]);
  return partial[0];
}

/// Is this a well-formed CSR matrix? The first row that is not, or −1. Kernels index
/// memory with these numbers.
template <typename I>
Index first_malformed_row(Index rows, Index cols, const I* row_start, Index stored,
                          const I* column) {
  if (row_start[0] != 0) return 0;
  for (Index i = 0; i < rows; ++i) {
    const Index begin = row_start[i], end = row_start[i + 1];
    if (end < begin || end > stored) return i;
    for (Index p = begin; p < end; ++p)
      if (column[p] < 0 || static_cast<Index>(column[p]) >= cols) return i;
  }
  return -1;
}

}  // namespace latentia::svd
