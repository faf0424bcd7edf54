#pragma once

#include "../kernels/svd/products.hpp"
#include "matrices.hpp"

/// The three products as one call, and what they have to be for every kind of matrix.
namespace latentia::testing {

template <typename T>
Narrow<T> narrow(const RowMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), Eigen::OuterStride<>(x.cols())};
}

template <typename T>
NarrowOut<T> narrow_out(RowMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), Eigen::OuterStride<>(x.cols())};
}

template <typename T>
struct Products {
  RowMatrix<T> y, z, y_alone, z_alone;

  template <typename Matrix>
  Products(const Matrix& a, const Mean<T>& mean, const RowMatrix<T>& x, int n_threads)
      : y(a.rows, x.cols()), z(a.cols, x.cols()), y_alone(y), z_alone(z) {
    NarrowOut<T> y_out = narrow_out(y);
    svd::normal_product<T>(a, mean, narrow(x), &y_out, narrow_out(z), n_threads);
    svd::product<T>(a, mean, narrow(x), narrow_out(y_alone), n_threads);
    svd::adjoint_product<T>(a, mean, narrow(y_alone), narrow_out(z_alone), n_threads);
  }

  bool same_bits_as(const Products& other) const {
    return same_bits(y, other.y) && same_bits(z, other.z) &&
           same_bits(y_alone, other.y_alone) && same_bits(z_alone, other.z_alone);
  }
};

/// `view` shows the entries of `a`.
template <typename T, typename Matrix>
void agree_with_plain_loops(const Matrix& view, const RowMatrix<T>& a,
                            const Mean<T>& mean, Index b, const std::string& what) {
  const Index m = a.rows(), n = a.cols();
  const RowMatrix<T> x = random_matrix<T>(n, b, 2);
  const Products<T> got(view, mean, x, 1);
  const Sums centred = Sums(a).centred(mean);
  const Sums y = centred * Sums(x), z = centred.transpose() * y;
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
