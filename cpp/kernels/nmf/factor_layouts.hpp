#pragma once

#include "factor.hpp"

namespace latentia::nmf {

/// H in two layouts: Ht for products with Hᵀ, and H for the product W·H.
template <typename T>
struct FactorLayouts {
  RowMatrix<T> ht, h;     // n × k and k × n, padded
  RowMatrix<T> sum;       // 1 × k: Σ over n
  Index product_columns;  // of a product with k columns: the others are zero

  explicit FactorLayouts(const ConstMatrixView<T>& ht_view)
      : ht(pad_columns<T>(ht_view)),
        h(RowMatrix<T>::Zero(ht_view.cols(), padded<T>(ht_view.rows()))),
        sum(ht.template cast<double>().colwise().sum().template cast<T>()),
        product_columns(padded_to_half_vector<T>(ht_view.cols())) {
    h.leftCols(ht_view.rows()) = ht_view.transpose();
  }

  /// q = W·H for `count` rows of W and a panel of `cols` columns from `begin` on.
  void product(const RowMatrix<T>& w, Index count, Index begin, Index cols,
               RowMatrix<T>& q) const {
    q.topRows(count).setZero();
    skinny::multiply_add<T>({w.data(), count, h.rows(), w.cols(), 1}, padded<T>(cols),
                            h.data() + begin, h.cols(), q.data(), q.cols(),
                            {w.data(), w.cols()});
  }
};

}  // namespace latentia::nmf
