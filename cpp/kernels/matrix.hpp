#pragma once

#include <Eigen/Core>

#include "storage.hpp"

/// Row-major matrices and views of Eigen.
namespace latentia {

template <typename T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <typename T>
using ConstMatrixView = Eigen::Map<const RowMatrix<T>, Eigen::Unaligned,
                                   Eigen::OuterStride<Eigen::Dynamic>>;

template <typename T>
using MatrixView =
    Eigen::Map<RowMatrix<T>, Eigen::Unaligned, Eigen::OuterStride<Eigen::Dynamic>>;

template <typename T>
MatrixView<T> view_of(const RowMajor<T>& x) {
  return {x.data, x.rows, x.cols, Eigen::OuterStride<Eigen::Dynamic>(x.stride)};
}
template <typename T>
ConstMatrixView<T> view_of(const RowMajor<const T>& x) {
  return {x.data, x.rows, x.cols, Eigen::OuterStride<Eigen::Dynamic>(x.stride)};
}

}  // namespace latentia
