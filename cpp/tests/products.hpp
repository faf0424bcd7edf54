#pragma once

#include "../kernels/svd/products.hpp"
#include "matrices.hpp"

/// The three products in one call, and their checks for every type of matrix.
namespace latentia::testing {

template <typename T>
ConstMatrixView<T> const_matrix_view(const RowMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), Eigen::OuterStride<>(x.cols())};
}

template <typename T>
MatrixView<T> matrix_view(RowMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), Eigen::OuterStride<>(x.cols())};
}

template <typename T>
struct Products {
  RowMatrix<T> y, z, y_alone, z_alone;

  template <typename Matrix>
  Products(const Matrix& a, const Mean<T>& mean, const RowMatrix<T>& x, int n_threads)
      : y(a.rows, x.cols()), z(a.cols, x.cols()), y_alone(y), z_alone(z) {
    MatrixView<T> y_out = matrix_view(y);
    svd::normal_product<T>(a, mean, const_matrix_view(x), &y_out, matrix_view(z),
                           n_threads);
    svd::product<T>(a, mean, const_matrix_view(x), matrix_view(y_alone), n_threads);
    svd::adjoint_product<T>(a, mean, const_matrix_view(y_alone), matrix_view(z_alone),
                            n_threads);
  }

  bool same_bits_as(const Products& other) const {
    return same_bits(y, other.y) && same_bits(z, other.z) &&
           same_bits(y_alone, other.y_alone) && same_bits(z_alone, other.z_alone);
  }
};

/// `view` has the entries of `a`.
template <typename T, typename Matrix>
void agree_with_plain_loops(const Matrix& view, const RowMatrix<T>& a,
                            const Mean<T>& mean, Index b, const std::string& what) {
  const Index m = a.rows(), n = a.cols();
  const RowMatrix<T> x = random_matrix<T>(n, b, 2);
  const Products<T> got(view, mean, x, 1);
  const BoundedSums centred = BoundedSums(a).centred(mean);
  const BoundedSums y = centred * BoundedSums(x), z = centred.transpose() * y;
  check_near<T>(got.y, y, n, "normal_product's Y: " + what);
  check_near<T>(got.z, z, m + n, "normal_product's Z: " + what);
  check_near<T>(got.y_alone, y, n, "product: " + what);
  check_near<T>(got.z_alone, z, m + n, "adjoint_product: " + what);
}

template <typename T, typename Matrix>
void bits_do_not_depend_on_threads(const Matrix& view, const Mean<T>& mean) {
  const RowMatrix<T> x = random_matrix<T>(view.cols, 33, 2);
  const Products<T> one(view, mean, x, 1);
  for (const int n_threads : {2, 7})
    check(one.same_bits_as(Products<T>(view, mean, x, n_threads)),
          "the same bits with " + std::to_string(n_threads) + " threads");
}

}  // namespace latentia::testing
