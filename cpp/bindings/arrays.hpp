#pragma once

#include "pybind.hpp"
// Python's headers must come first.
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "../level/level.hpp"

/// Converts NumPy arrays to the views of the kernels, without copying data.
/// `latentia.rows` prepares arrays before. An array of another type or layout matches
/// no overload of a function, which is a TypeError.
namespace latentia::bindings {

template <typename T>
using Array = py::array_t<T, 0>;  // flags 0: no copy and no cast

/// Throws ValueError("<name> <what>") unless `holds`.
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
  // NumPy allows any stride for an axis of length 1: set the stride that its order
  // implies.
  if (view.cols <= 1) view.col_stride = view.row_stride == 1 ? view.rows : 1;
  if (view.rows <= 1) view.row_stride = view.col_stride == 1 ? view.cols : 1;
  const bool by_rows = view.col_stride == 1 && view.row_stride >= view.cols;
  const bool by_columns = view.row_stride == 1 && view.col_stride >= view.rows;
  if (!by_rows && !by_columns) return std::nullopt;
  return view;
}

/// The view as a row-major matrix with this number of rows.
template <typename T>
RowMajor<const T> row_major(const Dense<T>& view, Index rows, const char* name) {
  require(view.rows == rows, name, "has the wrong number of rows");
  require(view.col_stride == 1 || view.cols <= 1, name, "must be C-ordered");
  return {view.data, view.rows, view.cols, view.row_stride};
}

/// The array as a matrix of this shape that is written to.
template <typename T>
RowMajor<T> row_major(Array<T>& array, Index rows, Index cols, const char* name) {
  const auto view = dense_view(array);
  require(view && view->cols == cols, name, "has the wrong shape");
  const RowMajor<const T> checked = row_major(*view, rows, name);
  return {array.mutable_data(), rows, cols, checked.stride};
}

/// A contiguous one-dimensional array of this length, or an empty span for None.
template <typename T>
std::span<const T> vector_span(const std::optional<Array<T>>& array, Index length,
                               const char* name) {
  if (!array) return {};
  require(array->ndim() == 1 && array->size() == length &&
              (length < 2 || array->strides(0) == array->itemsize()),
          name, "has the wrong shape");
  return {array->data(), static_cast<std::size_t>(length)};
}

/// The argument `mean`: None, an array, or a pair of arrays that are added.
template <typename T>
struct MeanArgument {
  std::optional<Array<T>> rounded, remainder;
};

/// Shapes as NumPy broadcasts them: (1, n) is one mean per column, (m, 1) one per row.
template <typename T>
Mean<T> mean_of(const MeanArgument<T>& parts, Index rows, Index cols) {
  if (!parts.rounded) return {};
  const auto is_per_column = [&](const Array<T>& array) {
    const auto view = dense_view(array);
    return view && view->rows == 1 && view->cols == cols &&
           (cols == 1 || view->col_stride == 1);
  };
  const auto is_per_row = [&](const Array<T>& array) {
    const auto view = dense_view(array);
    return view && view->cols == 1 && view->rows == rows &&
           (rows == 1 || view->row_stride == 1);
  };
  const bool per_column = is_per_column(*parts.rounded);
  require(per_column || is_per_row(*parts.rounded), "mean", "has the wrong shape");
  if (!parts.remainder) return {parts.rounded->data(), !per_column, nullptr};
  require(per_column ? is_per_column(*parts.remainder) : is_per_row(*parts.remainder),
          "mean", "has the wrong shape");
  return {parts.rounded->data(), !per_column, parts.remainder->data()};
}

}  // namespace latentia::bindings

namespace pybind11::detail {

/// A two-dimensional array with entries of type T.
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

/// None, an array with entries of type T, or a tuple of two such arrays.
template <typename T>
struct type_caster<latentia::bindings::MeanArgument<T>> {
  PYBIND11_TYPE_CASTER(latentia::bindings::MeanArgument<T>, const_name("mean"));

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
    value.remainder = reinterpret_borrow<Part>(parts[1]);
    return true;
  }
};

template <typename S>
bool is_contiguous_array(handle part) {
  if (!isinstance<array_t<S, 0>>(part)) return false;
  const auto array = reinterpret_borrow<array_t<S, 0>>(part);
  return array.ndim() == 1 &&
         (array.size() < 2 || array.strides(0) == array.itemsize());
}

/// A tuple (row_start, column, value, number of columns) with indices of type I.
template <typename I, typename Matrix>
bool load_csr(handle source, Matrix& value) {
  using T = latentia::level::Scalar<Matrix>;
  if (!isinstance<tuple>(source)) return false;
  const auto parts = reinterpret_borrow<tuple>(source);
  make_caster<latentia::Index> n_columns;
  if (parts.size() != 4 || !is_contiguous_array<I>(parts[0]) ||
      !is_contiguous_array<I>(parts[1]) || !is_contiguous_array<T>(parts[2]) ||
      !n_columns.load(parts[3], false))
    return false;
  const auto row_start = reinterpret_borrow<array_t<I, 0>>(parts[0]);
  const auto column = reinterpret_borrow<array_t<I, 0>>(parts[1]);
  const auto values = reinterpret_borrow<array_t<T, 0>>(parts[2]);
  const auto n = cast_op<latentia::Index>(n_columns);
  if (row_start.size() < 1 || column.size() != values.size() || n < 0 ||
      n > std::numeric_limits<std::int32_t>::max())
    return false;
  value = {row_start.size() - 1, n, row_start.data(), column.data(), values.data()};
  return true;
}

template <typename T, typename I>
struct type_caster<latentia::Csr<T, I>> {
  using View = latentia::Csr<T, I>;
  PYBIND11_TYPE_CASTER(View, const_name("tuple[csr]"));

  bool load(handle source, bool /*convert*/) {
    if constexpr (std::is_same_v<I, latentia::AnyIndex>)
      return load_csr<std::int32_t>(source, value) ||
             load_csr<std::int64_t>(source, value);
    else
      return load_csr<I>(source, value);
  }
};

}  // namespace pybind11::detail

namespace latentia::bindings {

/// Calls define(Matrix{}) for every type of matrix that kernels are compiled for.
template <typename Define>
void for_each_matrix(Define&& define) {
  define(Dense<float>{});
  define(Dense<double>{});
  define(Csr<float, AnyIndex>{});
  define(Csr<double, AnyIndex>{});
}

using level::Scalar;

}  // namespace latentia::bindings
