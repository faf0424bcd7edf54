#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "simd.hpp"

/// The products of one sparse row with a narrow matrix: a weighted sum of rows of X
/// (gather), and multiples of one row added to rows of Z (scatter). The row that is
/// summed or added stays in registers.
namespace latentia::skinny {

/// Half a vector. A row that is gathered ends with one if that is enough: with whole
/// vectors every gather would read more from memory.
template <typename T>
struct Half {
  static constexpr int lanes = Simd<T>::lanes / 2;
  typedef T Vector
      __attribute__((vector_size(vector_bytes / 2), aligned(sizeof(T)), may_alias));
};

/// The number of columns, rounded up to half vectors.
template <typename T>
constexpr Index padded_to_half_vector(Index cols) {
  return (cols + Half<T>::lanes - 1) / Half<T>::lanes * Half<T>::lanes;
}

/// The lower half of x plus the upper half.
template <typename V, std::size_t... L>
inline auto folded(const V& x, std::index_sequence<L...>) {
  return __builtin_shufflevector(x, x, L...) +
         __builtin_shufflevector(x, x, (L + sizeof...(L))...);
}

/// The sum of the N lanes of x.
template <int N, typename V>
inline auto horizontal_sum(const V& x) {
  if constexpr (N == 1)
    return x[0];
  else
    return horizontal_sum<N / 2>(folded(x, std::make_index_sequence<N / 2>()));
}

/// Adds blocks of lanes of a and b: the lower half of the result is a's lower half plus
/// its upper half, the upper half is that of b.
template <typename V, std::size_t... L>
inline V folded_pair(const V& a, const V& b, std::index_sequence<L...>) {
  constexpr std::size_t n = sizeof...(L), half = n / 2;
  return __builtin_shufflevector(a, b, (L < half ? L : L + half)...) +
         __builtin_shufflevector(a, b, (L < half ? L + half : L + n)...);
}

/// The lower half of x plus the upper half, until 16 bytes are left.
template <int N, int Left, typename V>
inline auto folded_to(const V& x) {
  if constexpr (N == Left)
    return x;
  else
    return folded_to<N / 2, Left>(folded(x, std::make_index_sequence<N / 2>()));
}

/// Sums of several vectors at once: of four float32 or two float64 vectors, as many as
/// 16 bytes have lanes. Each is added in the order of `horizontal_sum`.
template <typename T>
struct SumsAtOnce {
  static constexpr int count = 16 / static_cast<int>(sizeof(T));
  typedef T Sums __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));

  /// The sums of the lanes of x[0], x[1], …
  static Sums of(const Sums (&x)[count]) {
    if constexpr (count == 2)
      return folded_pair(x[0], x[1], std::make_index_sequence<2>());
    else {
      const auto four = std::make_index_sequence<4>();
      const Sums a = folded_pair(x[0], x[1], four), b = folded_pair(x[2], x[3], four);
      return __builtin_shufflevector(a, b, 0, 2, 4, 6) +
             __builtin_shufflevector(a, b, 1, 3, 5, 7);
    }
  }
};

/// A row of `Halves` half vectors in registers. Of a row with fewer columns the last
/// vector, or half vector, ends at the last column: it repeats columns of the one
/// before, so that nothing outside of the row is read or written.
template <typename T, int Halves>
struct RegisterRow {
  static constexpr int whole_vectors = Halves / 2;
  static constexpr bool has_half = Halves % 2 == 1;
  using Vector = typename Simd<T>::Vector;
  using HalfVector = typename Half<T>::Vector;
  static constexpr Index columns = Halves * Half<T>::lanes;
  Vector vectors[whole_vectors + 1] = {};
  HalfVector half = {};
  Index repeated;  // columns that the last vector, or half vector, repeats

  explicit RegisterRow(Index cols = columns) : repeated(columns - cols) {}

  Vector& vector_ref(const T* p, int v) const {
    const bool is_last = !has_half && v == whole_vectors - 1;
    return *reinterpret_cast<Vector*>(const_cast<T*>(p) + v * Simd<T>::lanes -
                                      (is_last ? repeated : 0));
  }
  HalfVector& half_ref(const T* p) const {
    return *reinterpret_cast<HalfVector*>(const_cast<T*>(p) +
                                          whole_vectors * Simd<T>::lanes - repeated);
  }

  void load(const T* p) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] = vector_ref(p, v);
    if constexpr (has_half) half = half_ref(p);
  }
  void store(T* p) const {
    for (int v = 0; v < whole_vectors; ++v) vector_ref(p, v) = vectors[v];
    if constexpr (has_half) half_ref(p) = half;
  }
  /// Sets columns that are repeated to zero where they are repeated: for `dot`.
  void clear_repeated() {
    for (Index l = 0; l < repeated; ++l)
      if constexpr (has_half)
        half[l] = 0;
      else
        vectors[whole_vectors - 1][l] = 0;
  }
  void add(const RegisterRow& other) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] += other.vectors[v];
    if constexpr (has_half) half += other.half;
  }
  /// this += factor·p
  void add(T factor, const T* p) {
    for (int v = 0; v < whole_vectors; ++v) vectors[v] += factor * vector_ref(p, v);
    if constexpr (has_half) half += factor * half_ref(p);
  }
  /// this·p, folded to 16 bytes
  auto products(const T* p) const {
    constexpr int left = SumsAtOnce<T>::count;
    if constexpr (whole_vectors == 0) {
      return folded_half<left>(half * half_ref(p));
    } else {
      Vector total = vectors[0] * vector_ref(p, 0);
      for (int v = 1; v < whole_vectors; ++v) total += vectors[v] * vector_ref(p, v);
      const auto sum = folded_to<Simd<T>::lanes, left>(total);
      if constexpr (has_half)
        return sum + folded_half<left>(half * half_ref(p));
      else
        return sum;
    }
  }
  /// Σ this·p
  T dot(const T* p) const {
    const auto sum = products(p);
    return horizontal_sum<SumsAtOnce<T>::count>(sum);
  }
  /// p += factor·this
  void add_to(T* p, T factor) const {
    for (int v = 0; v < whole_vectors; ++v) vector_ref(p, v) += factor * vectors[v];
    if constexpr (has_half) half_ref(p) += factor * half;
  }

 private:
  /// 16 bytes: half a vector of 16 bytes is filled up with zeros.
  template <int Left>
  static auto folded_half(const HalfVector& x) {
    if constexpr (Half<T>::lanes >= Left)
      return folded_to<Half<T>::lanes, Left>(x);
    else {
      typename SumsAtOnce<T>::Sums filled = {};
      for (int l = 0; l < Half<T>::lanes; ++l) filled[l] = x[l];
      return filled;
    }
  }
};

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
