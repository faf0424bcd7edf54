#include "../kernels/svd/products.hpp"

#include "instances.hpp"

namespace latentia::level {

template <typename Matrix>
void Products<Matrix>::normal_product(const Matrix& a, const Mean<T>& mean,
                                      const RowMajor<const T>& x,
                                      const std::optional<RowMajor<T>>& y,
                                      const RowMajor<T>& z, int n_threads) {
  auto y_view = view_of(y);
  svd::normal_product<T>(a, mean, view_of(x), address_of(y_view), view_of(z),
                         n_threads);
}

template <typename Matrix>
void Products<Matrix>::product(const Matrix& a, const Mean<T>& mean,
                               const RowMajor<const T>& x, const RowMajor<T>& y,
                               int n_threads) {
  svd::product<T>(a, mean, view_of(x), view_of(y), n_threads);
}

template <typename Matrix>
void Products<Matrix>::adjoint_product(const Matrix& a, const Mean<T>& mean,
                                       const RowMajor<const T>& y, const RowMajor<T>& z,
                                       int n_threads) {
  svd::adjoint_product<T>(a, mean, view_of(y), view_of(z), n_threads);
}

LATENTIA_FOR_EACH_MATRIX(Products)

}  // namespace latentia::level
