#pragma once

#include "dense_tiles.hpp"

namespace latentia::skinny {

/// Half a vector: narrow rows that are gathered are padded to halves, since what is
/// added to them is fetched with them.
template <typename T>
struct Half {
  static constexpr int lanes = Simd<T>::lanes / 2;
  typedef T Vector
      __attribute__((vector_size(vector_bytes / 2), aligned(sizeof(T)), may_alias));
};

/// Columns, rounded up to halves of vectors.
template <typename T>
constexpr Index padded_to_half(Index cols) {
  return (cols + Half<T>::lanes - 1) / Half<T>::lanes * Half<T>::lanes;
}

template <typename V, std::size_t... L>
inline auto halved(const V& x, std::index_sequence<L...>) {
  return __builtin_shufflevector(x, x, L...) +
         __builtin_shufflevector(x, x, (L + sizeof...(L))...);
}

/// Σ over the N lanes, half by half.
template <int N, typename V>
inline auto sum_of(const V& x) {
  if constexpr (N == 1)
    return x[0];
  else
    return sum_of<N / 2>(halved(x, std::make_index_sequence<N / 2>()));
}

/// `Halves` halves of a vector, in registers.
template <typename T, int Halves>
struct Line {
  static constexpr int whole = Halves / 2;
  static constexpr bool rest = Halves % 2 == 1;
  using Vector = typename Simd<T>::Vector;
  using HalfVector = typename Half<T>::Vector;
  Vector part[whole + 1] = {};
  HalfVector last = {};

  static Vector& at(const T* p, int v) {
    return *reinterpret_cast<Vector*>(const_cast<T*>(p) + v * Simd<T>::lanes);
  }
  static HalfVector& end(const T* p) {
    return *reinterpret_cast<HalfVector*>(const_cast<T*>(p) + whole * Simd<T>::lanes);
  }

  void load(const T* p) {
    for (int v = 0; v < whole; ++v) part[v] = at(p, v);
    if constexpr (rest) last = end(p);
  }
  void store(T* p) const {
    for (int v = 0; v < whole; ++v) at(p, v) = part[v];
    if constexpr (rest) end(p) = last;
  }
  /// this += factor·p
  void add(T factor, const T* p) {
    for (int v = 0; v < whole; ++v) part[v] += factor * at(p, v);
    if constexpr (rest) last += factor * end(p);
  }
  /// Σ this·p
  T dot(const T* p) const {
    T sum = 0;
    if constexpr (whole > 0) {
      Vector total = part[0] * at(p, 0);
      for (int v = 1; v < whole; ++v) total += part[v] * at(p, v);
      sum = sum_of<Simd<T>::lanes>(total);
    }
    if constexpr (rest) sum += sum_of<Half<T>::lanes>(last * end(p));
    return sum;
  }
  /// p += factor·this
  void add_to(T* p, T factor) const {
    for (int v = 0; v < whole; ++v) at(p, v) += factor * part[v];
    if constexpr (rest) end(p) += factor * last;
  }
};

/// t = Σ_p value[p]·X[column[p], :] over one row. (`a` by value: what is stored might
/// otherwise lie on it, and be read again every time.)
template <typename T, typename I, int Halves>
inline void gather(const Csr<T, I> a, Index row, const T* x, Index ldx, T* t) {
  Line<T, Halves> sum;
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p)
    sum.add(a.value[p], x + static_cast<Index>(a.column[p]) * ldx);
  sum.store(t);
}

/// Z[column[p], :] += value[p]·t over one row.
template <typename T, typename I, int Halves>
inline void scatter(const Csr<T, I> a, Index row, const T* t, T* z, Index ldz) {
  Line<T, Halves> y;
  y.load(t);
  for (Index p = a.row_start[row]; p < a.row_start[row + 1]; ++p)
    y.add_to(z + static_cast<Index>(a.column[p]) * ldz, a.value[p]);
}

/// body(number of halves of a vector) for 1 to 8 of them.
template <int Most = 8, typename Body>
void with_halves(Index halves, Body&& body) {
  if constexpr (Most > 1)
    if (halves < Most) return with_halves<Most - 1>(halves, body);
  body(std::integral_constant<int, Most>{});
}

/// body(number of halves of a vector, first column): columns by four vectors and what
/// is left of them.
template <typename T, typename Body>
void strips(Index cols, Body&& body) {
  constexpr Index most = 4 * Simd<T>::lanes;
  for (Index j = 0; j < cols; j += most)
    with_halves(std::min(most, cols - j) / Half<T>::lanes,
                [&](auto halves) { body(halves, j); });
}

/// Tiles of A − 1·meanᵀ (or A − mean·1ᵀ) for sparse A, which is never filled in: the
/// mean enters as the rank-one corrections
///     A·X − 1·(meanᵀX)   and   AᵀY − mean·(1ᵀY)   for a mean a column,
///     A·X − mean·(1ᵀX)   and   AᵀY − 1·(meanᵀY)   for a mean a row.
template <typename T, typename I>
class Tiles<Csr<T, I>> {
  using Sums = Eigen::Array<double, 1, Eigen::Dynamic>;

 public:
  Tiles(const Csr<T, I>& a, const Mean<T>& mean, const RowMatrix<T>* x)
      : a_(a), mean_(mean) {
    if (!mean_ || !x) return;
    shift_ = Sums::Zero(x->cols());
    for (Index k = 0; k < a.cols; ++k)
      shift_ += of_column(k) * x->row(k).array().template cast<double>();
  }

  /// A row's columns and values stay in L1 between the two products.
  static Index rows(const Csr<T, I>&) { return 16; }

  void open(Index begin, Index count) { begin_ = begin, count_ = count; }

  void forward(Index begin, Index count, const RowMatrix<T>& x, RowMatrix<T>& y) {
    open(begin, count);
    for (Index i = 0; i < count; ++i) {
      strips<T>(x.cols(), [&](auto width, Index j) {
        gather<T, I, decltype(width)::value>(a_, begin + i, x.data() + j, x.cols(),
                                             y.data() + i * y.cols() + j);
      });
      if (mean_) y.row(i).array() -= (of_row(begin + i) * shift_).template cast<T>();
    }
  }

  void backward(const RowMatrix<T>& y, RowMatrix<T>& sum) {
    for (Index i = 0; i < count_; ++i)
      strips<T>(sum.cols(), [&](auto width, Index j) {
        scatter<T, I, decltype(width)::value>(
            a_, begin_ + i, y.data() + i * y.cols() + j, sum.data() + j, sum.cols());
      });
    if (!mean_) return;
    if (total_.size() == 0) total_ = Sums::Zero(y.cols());
    for (Index i = 0; i < count_; ++i)
      total_ += of_row(begin_ + i) * y.row(i).array().template cast<double>();
  }

  void finish(RowMatrix<T>& sum) const {
    if (!mean_ || total_.size() == 0) return;
    for (Index k = 0; k < a_.cols; ++k)
      sum.row(k).array() -= (of_column(k) * total_).template cast<T>();
  }

 private:
  /// What is taken off is of_row(i)·of_column(k).
  double of_row(Index i) const { return mean_.of_rows ? mean_[i] : 1.0; }
  double of_column(Index k) const { return mean_.of_rows ? 1.0 : mean_[k]; }

  Csr<T, I> a_;
  Mean<T> mean_;
  Index begin_ = 0, count_ = 0;
  Sums shift_;  // Xᵀ·of_column
  Sums total_;  // Yᵀ·of_row
};

}  // namespace latentia::skinny
