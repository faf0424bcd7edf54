#pragma once

#include <algorithm>
#include <type_traits>

#include "register_row.hpp"

/// The products of one sparse row with a narrow matrix: a weighted sum of rows of X
/// (gather), and multiples of one row added to rows of Z (scatter). The row that is
/// summed or added stays in registers.
namespace latentia::skinny {

/// Terms of a sum that are added one by one. The sums of longer rows are added in turn,
/// so that the rounding error grows with their number, not that of the terms.
inline constexpr Index terms_in_sum = 512;

/// t = Σ_p value[p]·X[column[p], :] over one row, for `cols` columns. `a` is passed by
/// value: the compiler would otherwise have to assume that writing t changes it, and
/// reload its members.
template <typename T, typename I, int Halves>
inline void gather(const Csr<T, I> a, Index row, const T* x, Index ldx, T* t,
                   Index cols = RegisterRow<T, Halves>::columns) {
  RegisterRow<T, Halves> total(cols);
  const Index end = a.row_start[row + 1];
  for (Index p = a.row_start[row]; p < end;) {
    const Index stop = std::min(p + terms_in_sum, end);
    RegisterRow<T, Halves> sum(cols);
    for (; p < stop; ++p)
      sum.add(a.value[p], x + static_cast<Index>(a.column[p]) * ldx);
    total.add(sum);
  }
  total.store(t);
}

/// Z[column[p], :] += value[p]·t over one row.
template <typename T, typename I, int Halves>
inline void scatter(const Csr<T, I> a, Index row, const T* t, T* z, Index ldz) {
  RegisterRow<T, Halves> y;
  y.load(t);
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p)
    y.add_to(z + static_cast<Index>(a.column[p]) * ldz, a.value[p]);
}

/// Calls body(halves) with the number, 1 to 8, as a compile-time constant.
template <int MaxHalves = 8, typename Body>
void with_halves(Index halves, Body&& body) {
  if constexpr (MaxHalves > 1)
    if (halves < MaxHalves) return with_halves<MaxHalves - 1>(halves, body);
  body(std::integral_constant<int, MaxHalves>{});
}

/// Columns in a strip.
template <typename T>
inline constexpr Index strip_columns = 4 * Simd<T>::lanes;

/// Calls body(number of half vectors, first column) for strips of four vectors and one
/// strip for the remaining columns.
template <typename T, typename Body>
void strips(Index cols, Body&& body) {
  for (Index j = 0; j < cols; j += strip_columns<T>)
    with_halves(
        padded_to_half_vector<T>(std::min(strip_columns<T>, cols - j)) / Half<T>::lanes,
        [&](auto halves) { body(halves, j); });
}

/// A narrow matrix whose rows are gathered. It has at least as many columns as a vector
/// has lanes, or whole half vectors.
template <typename T>
struct GatheredMatrix {
  const T* data;
  Index stride, cols;

  /// The columns of the strip from j on.
  Index width(Index j) const { return std::min(strip_columns<T>, cols - j); }
};

/// Y = A·X for `count` rows of A.
template <typename T, typename I>
void gather_rows(const Csr<T, I>& a, Index begin, Index count,
                 const GatheredMatrix<T>& x, T* y, Index ldy) {
  strips<T>(x.cols, [&](auto halves, Index j) {
    for (Index i = 0; i < count; ++i)
      gather<T, I, decltype(halves)::value>(a, begin + i, x.data + j, x.stride,
                                            y + i * ldy + j, x.width(j));
  });
}

/// q[p − first entry] = Σ w·X[column[p], :] for the entries of a row.
template <typename T, typename I, int Halves>
inline void dot_row(const Csr<T, I> a, Index row, const RegisterRow<T, Halves>& w,
                    const T* x, Index ldx, T* q, bool add) {
  using AtOnce = SumsAtOnce<T>;
  const auto column = a.column + a.row_start[row];
  const Index size = a.row_start[row + 1] - a.row_start[row];
  Index p = 0;
  for (; p + AtOnce::count <= size; p += AtOnce::count) {
    typename AtOnce::Sums products[AtOnce::count];
    for (int e = 0; e < AtOnce::count; ++e)
      products[e] = w.products(x + static_cast<Index>(column[p + e]) * ldx);
    auto& to = *reinterpret_cast<typename AtOnce::Sums*>(q + p);
    const auto sums = AtOnce::of(products);
    to = add ? to + sums : sums;
  }
  for (; p < size; ++p) {
    const T sum = w.dot(x + static_cast<Index>(column[p]) * ldx);
    q[p] = add ? q[p] + sum : sum;
  }
}

}  // namespace latentia::skinny
