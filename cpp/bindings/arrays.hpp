#pragma once

#include "pybind.hpp"
// Python's headers come first.
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "../kernels/matrix.hpp"

/// NumPy arrays as the kernels' views. Nothing is converted or copied here:
/// `latentia.rows` makes arrays fit beforehand, and one that does not fit matches no
/// overload.
namespace latentia::bindings {

template <typename T>
using Array = py::array_t<T, 0>;  // flags 0: neither copied nor cast

inline void require(bool holds, const char* name, const char* what) {
  if (!holds) throw std::invalid_argument(std::string(name) + " " + what);
}

/// The view of a two-dimensional array, if one of its axes has unit stride.
template <typename T>
std::optional<Dense<T>> dense_view(const Array<T>& array) {
  constexpr auto size = static_cast<py::ssize_t>(sizeof(T));
  if (array.ndim() != 2 || array.strides(0) % size != 0 || array.strides(1) % size != 0)
    return std::nullopt;
  Dense<T> view{array.data(), array.shape(0), array.shape(1), array.strides(0) / size,
                array.strides(1) / size};
  if (array.size() == 0) view.row_stride = view.cols, view.col_stride = 1;
  // An axis of length 1 may carry any stride: give it the one that its order implies.
  if (view.cols <= 1) view.col_stride = view.row_stride == 1 ? view.rows : 1;
  if (view.rows <= 1) view.row_stride = view.col_stride == 1 ? view.cols : 1;
  const bool by_rows = view.col_stride == 1 && view.row_stride >= view.cols;
  const bool by_columns = view.row_stride == 1 && view.col_stride >= view.rows;
  if (!by_rows && !by_columns) return std::nullopt;
  return view;
}

template <typename T>
Narrow<T> narrow(const Dense<T>& view, Index rows, const char* name) {
  require(view.rows == rows, name, "has the wrong number of rows");
  require(view.col_stride == 1 || view.cols <= 1, name, "is not C-ordered");
  return {view.data, view.rows, view.cols,
          Eigen::OuterStride<Eigen::Dynamic>(view.row_stride)};
}

template <typename T>
NarrowOut<T> narrow_out(Array<T>& array, Index rows, Index cols, const char* name) {
  const auto view = dense_view(array);
  require(view && view->cols == cols, name, "has the wrong shape");
  const Narrow<T> checked = narrow(*view, rows, name);
  return {array.mutable_data(), rows, cols,
          Eigen::OuterStride<Eigen::Dynamic>(checked.outerStride())};
}

/// The numbers of a contiguous one-dimensional array of this length; none without one.
template <typename T>
std::span<const T> line(const std::optional<Array<T>>& array, Index length,
                        const char* name) {
  if (!array) return {};
  require(array->ndim() == 1 && array->size() == length &&
              (length < 2 || array->strides(0) == array->itemsize()),
          name, "has the wrong shape");
  return {array->data(), static_cast<std::size_t>(length)};
}

/// The argument `mean`: None, an array, or a pair of arrays whose sum it is.
template <typename T>
struct MeanParts {
  std::optional<Array<T>> rounded, rest;
};

/// As NumPy broadcasts: (1, n) is one number a column, (m, 1) one a row.
template <typename T>
Mean<T> mean_of(const MeanParts<T>& parts, Index rows, Index cols) {
  if (!parts.rounded) return {};
  const auto of_columns = [&](const Array<T>& array) {
    const auto view = dense_view(array);
    return view && view->rows == 1 && view->cols == cols &&
           (cols == 1 || view->col_stride == 1);
  };
  const auto of_rows = [&](const Array<T>& array) {
    const auto view = dense_view(array);
    return view && view->cols == 1 && view->rows == rows &&
           (rows == 1 || view->row_stride == 1);
  };
  const bool by_columns = of_columns(*parts.rounded);
  require(by_columns || of_rows(*parts.rounded), "mean", "has the wrong shape");
  if (!parts.rest) return {parts.rounded->data(), !by_columns, nullptr};
  require(by_columns ? of_columns(*parts.rest) : of_rows(*parts.rest), "mean",
          "has the wrong shape");
  return {parts.rounded->data(), !by_columns, parts.rest->data()};
}

}  // namespace latentia::bindings

namespace pybind11::detail {

/// A two-dimensional array of exactly T.
template <typename T>
struct type_caster<latentia::Dense<T>> {
  PYBIND11_TYPE_CASTER(latentia::Dense<T>, const_name("numpy.ndarray[2-D]"));

  bool load(handle source, bool /*convert*/) {
    if (!isinstance<array_t<T, 0>>(source)) return false;
    const auto view =
        latentia::bindings::dense_view(reinterpret_borrow<array_t<T, 0>>(source));
    if (view) value = *view;
    return view.has_value();
  }
};

/// None, an array of exactly T, or a tuple of two.
template <typename T>
struct type_caster<latentia::bindings::MeanParts<T>> {
  PYBIND11_TYPE_CASTER(latentia::bindings::MeanParts<T>, const_name("mean"));

  bool load(handle source, bool /*convert*/) {
    using Part = array_t<T, 0>;
    if (source.is_none()) return true;
    if (isinstance<Part>(source)) {
      value.rounded = reinterpret_borrow<Part>(source);
      return true;
    }
    if (!isinstance<tuple>(source)) return false;
    const auto parts = reinterpret_borrow<tuple>(source);
    if (parts.size() != 2 || !isinstance<Part>(parts[0]) || !isinstance<Part>(parts[1]))
      return false;
    value.rounded = reinterpret_borrow<Part>(parts[0]);
    value.rest = reinterpret_borrow<Part>(parts[1]);
    return true;
  }
};

/// A tuple (row_start, column, value, number of columns).
template <typename T, typename I>
struct type_caster<latentia::Csr<T, I>> {
  using View = latentia::Csr<T, I>;
  PYBIND11_TYPE_CASTER(View, const_name("tuple[csr]"));

  bool load(handle source, bool /*convert*/) {
    if (!isinstance<tuple>(source)) return false;
    const auto parts = reinterpret_borrow<tuple>(source);
    make_caster<latentia::Index> n_columns;
    if (parts.size() != 4 || !fits<I>(parts[0]) || !fits<I>(parts[1]) ||
        !fits<T>(parts[2]) || !n_columns.load(parts[3], false))
      return false;
    const auto row_start = reinterpret_borrow<array_t<I, 0>>(parts[0]);
    const auto column = reinterpret_borrow<array_t<I, 0>>(parts[1]);
    const auto stored = reinterpret_borrow<array_t<T, 0>>(parts[2]);
    // Sizes that follow from the number of columns must not overflow.
    constexpr auto most_columns = latentia::Index{1} << 40;
    const auto n = cast_op<latentia::Index>(n_columns);
    if (row_start.size() < 1 || column.size() != stored.size() || n < 0 ||
        n > most_columns)
      return false;
    value = {row_start.size() - 1, n, row_start.data(), column.data(), stored.data()};
    return true;
  }

  template <typename S>
  static bool fits(handle part) {
    if (!isinstance<array_t<S, 0>>(part)) return false;
    const auto array = reinterpret_borrow<array_t<S, 0>>(part);
    return array.ndim() == 1 &&
           (array.size() < 2 || array.strides(0) == array.itemsize());
  }
};

}  // namespace pybind11::detail

namespace latentia::bindings {

/// define(Matrix{}) for every kind of matrix that a kernel is compiled for.
template <typename Define>
void for_each_matrix(Define&& define) {
  define(Dense<float>{});
  define(Dense<double>{});
  define(Csr<float, std::int32_t>{});
  define(Csr<double, std::int32_t>{});
  define(Csr<float, std::int64_t>{});
  define(Csr<double, std::int64_t>{});
}

template <typename Matrix>
struct ScalarOf;
template <typename T>
struct ScalarOf<Dense<T>> {
  using type = T;
};
template <typename T, typename I>
struct ScalarOf<Csr<T, I>> {
  using type = T;
};
template <typename Matrix>
using Scalar = typename ScalarOf<Matrix>::type;

}  // namespace latentia::bindings
