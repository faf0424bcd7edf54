#pragma once

#include "../kernels/matrix.hpp"
#include "../kernels/skinny/product.hpp"
#include "level.hpp"

/// The product that all kernels call is compiled once, in multiply_add.cpp.
#define LATENTIA_MULTIPLY_ADD(T)                                                      \
  template void multiply_add<T>(const Dense<T>& l, Index cols, const T* b, Index ldb, \
                                T* c, Index ldc, Prefetch<T> prefetch)
namespace latentia::skinny {
extern LATENTIA_MULTIPLY_ADD(float);
extern LATENTIA_MULTIPLY_ADD(double);
}  // namespace latentia::skinny

/// Instantiates a template of level.hpp for the matrices that kernels are compiled for.
#define LATENTIA_FOR_SPARSE(Passes)             \
  template struct Passes<Csr<float, AnyIndex>>; \
  template struct Passes<Csr<double, AnyIndex>>;

#define LATENTIA_FOR_EACH_MATRIX(Passes) \
  template struct Passes<Dense<float>>;  \
  template struct Passes<Dense<double>>; \
  LATENTIA_FOR_SPARSE(Passes)

namespace latentia::level {

/// The view of a matrix that may be missing.
template <typename T>
auto view_of(const std::optional<RowMajor<T>>& x) {
  using View = decltype(latentia::view_of(*x));
  return x ? std::optional<View>(std::in_place, latentia::view_of(*x)) : std::nullopt;
}
using latentia::view_of;

/// A pointer to the value, or null.
template <typename View>
View* address_of(std::optional<View>& view) {
  return view ? &*view : nullptr;
}

}  // namespace latentia::level
