#pragma once

#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "../kernels/matrix.hpp"
#include "check.hpp"

/// Test matrices in every memory layout, and reference results from plain loops in
/// float64.
namespace latentia::testing {

/// Uniform in [−1, 1). The numbers are the same with every standard library.
template <typename T>
RowMatrix<T> random_matrix(Index rows, Index cols, unsigned seed) {
  std::mt19937 engine(seed);
  RowMatrix<T> x(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j)
      x(i, j) = static_cast<T>(static_cast<double>(engine()) * 0x1p-31 - 1);
  return x;
}

enum class Layout { by_rows, by_columns, rows_apart, columns_apart };
constexpr Layout layouts[] = {Layout::by_rows, Layout::by_columns, Layout::rows_apart,
                              Layout::columns_apart};

/// A dense matrix in a layout. Gaps between lines contain NaN: a kernel that reads them
/// gets a wrong sum.
template <typename T>
struct DenseStorage {
  std::vector<T> memory;
  Dense<T> view;

  DenseStorage(const RowMatrix<T>& a, Layout layout) {
    const bool by_rows = layout == Layout::by_rows || layout == Layout::rows_apart;
    const bool apart = layout == Layout::rows_apart || layout == Layout::columns_apart;
    const Index stride = (by_rows ? a.cols() : a.rows()) + (apart ? 3 : 0);
    memory.assign(static_cast<std::size_t>((by_rows ? a.rows() : a.cols()) * stride),
                  std::numeric_limits<T>::quiet_NaN());
    view = {memory.data(), a.rows(), a.cols(), by_rows ? stride : 1,
            by_rows ? 1 : stride};
    for (Index i = 0; i < a.rows(); ++i)
      for (Index k = 0; k < a.cols(); ++k)
        memory[static_cast<std::size_t>(i * view.row_stride + k * view.col_stride)] =
            a(i, k);
  }
};

/// The nonzero entries of a matrix as CSR.
template <typename T, typename I>
struct CsrStorage {
  std::vector<I> row_start{0}, column;
  std::vector<T> value;
  Csr<T, AnyIndex> view;  // as the bindings pass it

  explicit CsrStorage(const RowMatrix<T>& a) {
    for (Index i = 0; i < a.rows(); ++i) {
      for (Index k = 0; k < a.cols(); ++k)
        if (a(i, k) != 0) {
          column.push_back(static_cast<I>(k));
          value.push_back(a(i, k));
        }
      row_start.push_back(static_cast<I>(value.size()));
    }
    view = {a.rows(), a.cols(), row_start.data(), column.data(), value.data()};
  }
};

/// Random entries, most of them zero. Every fifth row is zero.
template <typename T>
RowMatrix<T> sparse_matrix(Index rows, Index cols, unsigned seed) {
  RowMatrix<T> a = random_matrix<T>(rows, cols, seed);
  const RowMatrix<T> kept = random_matrix<T>(rows, cols, seed + 1);
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < cols; ++k)
      if (i % 5 == 3 || kept(i, k) < T(0.6)) a(i, k) = 0;
  return a;
}

/// Sums of products in float64 (`value`), and the sums of their magnitudes (`size`), to
/// which rounding errors are proportional.
struct BoundedSums {
  RowMatrix<double> value, size;

  BoundedSums(RowMatrix<double> v, RowMatrix<double> s)
      : value(std::move(v)), size(std::move(s)) {}

  template <typename T>
  explicit BoundedSums(const RowMatrix<T>& x)
      : value(x.template cast<double>()), size(value.cwiseAbs()) {}

  BoundedSums transpose() const { return {value.transpose(), size.transpose()}; }

  /// The matrix minus the mean. The sizes bound both ways to compute it: with the mean
  /// subtracted before or after the products.
  template <typename T>
  BoundedSums centred(const Mean<T>& mean) const {
    BoundedSums result = *this;
    for (Index i = 0; mean && i < value.rows(); ++i)
      for (Index k = 0; k < value.cols(); ++k) {
        const auto offset = static_cast<double>(mean.data[mean.per_row ? i : k]);
        result.value(i, k) -= offset;
        result.size(i, k) += std::abs(offset);
      }
    return result;
  }

  friend BoundedSums operator*(const BoundedSums& a, const BoundedSums& b) {
    const Index rows = a.value.rows(), cols = b.value.cols();
    BoundedSums c{RowMatrix<double>::Zero(rows, cols),
                  RowMatrix<double>::Zero(rows, cols)};
    for (Index i = 0; i < rows; ++i)
      for (Index k = 0; k < a.value.cols(); ++k)
        for (Index j = 0; j < cols; ++j) {
          c.value(i, j) += a.value(i, k) * b.value(k, j);
          c.size(i, j) += a.size(i, k) * b.size(k, j);
        }
    return c;
  }
};

/// Checks every entry against the error bound of a sum: with n terms in any order, the
/// error is at most n·eps·Σ|term|.
template <typename T, typename Matrix>
void check_near(const Matrix& computed, const BoundedSums& expected, Index terms,
                const std::string& what,
                std::source_location where = std::source_location::current()) {
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  const auto error = (computed.template cast<double>() - expected.value).cwiseAbs();
  const auto bound = static_cast<double>(terms + 8) * eps * expected.size;
  // "All within the bound", not "none beyond it": NaN must fail.
  check((error.array() <= bound.array()).all(), what, where);
}

template <typename T>
bool same_bits(const RowMatrix<T>& x, const RowMatrix<T>& y) {
  const auto bytes = static_cast<std::size_t>(x.size()) * sizeof(T);
  return x.size() == y.size() &&
         (bytes == 0 || std::memcmp(x.data(), y.data(), bytes) == 0);
}

struct Shape {
  Index m, n, b;

  std::string text() const {
    return std::to_string(m) + " x " + std::to_string(n) + ", b = " + std::to_string(b);
  }
};

/// Sizes around those of vectors (2 to 16), register blocks (4 to 12), tiles (16, 24,
/// 96) and the depth of a panel (64 to 256).
constexpr Shape awkward[] = {
    {1, 1, 1},    {1, 7, 2},    {2, 1, 8},     {7, 8, 9},     {8, 9, 7},   {9, 2, 11},
    {11, 13, 12}, {12, 12, 13}, {13, 11, 31},  {31, 33, 32},  {32, 97, 1}, {33, 31, 70},
    {97, 32, 33}, {200, 5, 17}, {50, 1030, 9}, {1000, 13, 5},
};

}  // namespace latentia::testing
