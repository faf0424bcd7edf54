#pragma once

#include <cmath>
#include <span>

#include "../parallel.hpp"
#include "../skinny/lane_sums.hpp"
#include "../skinny/transpose.hpp"

/// One row of alternating least squares. With the other side's factors Y fixed, the
/// factors x of a row minimise
///
///     f(x) = Σ_p (w_p (y_pᵀx)² − 2 t_p y_pᵀx + c_p) + xᵀGx + λ ‖x − x₀‖²
///
/// over the row's stored entries p: (G + λI + Σ w y yᵀ) x = Σ t y + λx₀. The prior mean
/// x₀ is 0, or what the features of the row predict. w, t and c depend on the loss:
///
/// - implicit feedback: w = c_p the stored confidence, t = w + extra, c = t, G = α₀YᵀY
///   (Hu, Koren and Volinsky 2008; Rendle et al. 2022);
/// - explicit ratings: w = 1, t = rating − bias of the column, c = t², G = 0.
namespace latentia::als {

using skinny::padded;
using skinny::Simd;
using skinny::vector_at;

/// Weights of a confidence-weighted 0/1 matrix. `extra` is α₀ where a stored confidence
/// stands in place of α₀ (Hu et al.), and 0 where it is added to it (Rendle et al.).
template <typename T, typename I>
struct ImplicitLoss {
  Csr<T, I> a;
  T extra;

  T weight(Index p) const { return a.value[p]; }
  T target(Index p) const { return a.value[p] + extra; }
  double constant(Index p) const { return static_cast<double>(target(p)); }
};

/// Squared errors of the stored ratings, minus a bias of every column.
template <typename T, typename I>
struct RatingLoss {
  Csr<T, I> a;
  std::span<const T> column_bias;

  T weight(Index /*p*/) const { return 1; }
  T target(Index p) const {
    return a.value[p] - column_bias[static_cast<std::size_t>(a.column[p])];
  }
  double constant(Index p) const {
    const auto t = static_cast<double>(target(p));
    return t * t;
  }
};

/// What all rows of a half-iteration share.
template <typename T, typename Loss>
struct LeastSquares {
  Loss loss;
  const RowMatrix<T>& y;      // (columns of A × padded k)
  const RowMatrix<T>& gram;   // G (padded k × padded k), or its diagonal (one row)
  std::span<const T> ridge;   // λ of each row
  const RowMatrix<T>* prior;  // x₀ of each row (rows × padded k), or null

  Index padded_k() const { return y.cols(); }
  bool gram_is_diagonal() const { return gram.rows() == 1; }
  Index n_entries() const { return static_cast<Index>(loss.a.row_start[loss.a.rows]); }
  T ridge_of(Index row) const { return ridge[static_cast<std::size_t>(row)]; }
  std::pair<Index, Index> entries(Index row) const {
    return {static_cast<Index>(loss.a.row_start[row]),
            static_cast<Index>(loss.a.row_start[row + 1])};
  }
  const T* prior_of(Index row) const {
    return prior ? prior->data() + row * prior->cols() : nullptr;
  }
  /// f has no linear term: its minimum is at 0.
  bool is_trivial(Index row) const {
    return !prior && loss.a.row_start[row] == loss.a.row_start[row + 1];
  }
  const T* factors(Index p) const {
    return y.data() + static_cast<Index>(loss.a.column[p]) * y.cols();
  }
};

/// Σ a_i·b_i over whole vectors.
template <typename T>
inline T dot(const T* a, const T* b, Index length) {
  typename Simd<T>::Vector sum = {};
  for (Index j = 0; j < length; j += Simd<T>::lanes)
    sum += vector_at(a + j) * vector_at(b + j);
  return skinny::horizontal_sum<Simd<T>::lanes>(sum);
}

/// a += factor·b over whole vectors.
template <typename T>
inline void add_multiple(T* a, T factor, const T* b, Index length) {
  for (Index j = 0; j < length; j += Simd<T>::lanes)
    vector_at(a + j) += factor * vector_at(b + j);
}

/// The factors of four entries.
template <typename T>
struct FourFactors {
  const T* y[4];

  /// Σ y·v for each. Meanwhile the factors of later entries are prefetched; those of
  /// the last ones belong to the next rows.
  template <typename Problem>
  static FourFactors multiply(const Problem& problem, Index p, const T* v, T* product) {
    using Vector = typename Simd<T>::Vector;
    constexpr Index lanes = Simd<T>::lanes, ahead = 8;
    const Index k = problem.padded_k(), last_entry = problem.n_entries() - 1;
    FourFactors of;
    const T* later[4];
    for (int e = 0; e < 4; ++e) {
      of.y[e] = problem.factors(p + e);
      later[e] = problem.factors(std::min(p + ahead + e, last_entry));
    }
    Vector sum[4] = {};
    for (Index j = 0; j < k; j += lanes) {
      const Vector x = vector_at(v + j);
#pragma GCC unroll 4
      for (int e = 0; e < 4; ++e) __builtin_prefetch(later[e] + j, 0, 2);
#pragma GCC unroll 4
      for (int e = 0; e < 4; ++e) sum[e] += vector_at(of.y[e] + j) * x;
    }
#pragma GCC unroll 4
    for (int e = 0; e < 4; ++e)
      product[e] = skinny::horizontal_sum<Simd<T>::lanes>(sum[e]);
    return of;
  }
};

/// Calls visit(p, y_pᵀv) for the entries [begin, end).
template <typename T, typename Loss, typename Visit>
inline void gather(const LeastSquares<T, Loss>& problem, Index begin, Index end,
                   const T* v, Visit&& visit) {
  Index p = begin;
  for (; p + 4 <= end; p += 4) {
    T product[4];
    FourFactors<T>::multiply(problem, p, v, product);
    for (int e = 0; e < 4; ++e) visit(p + e, product[e]);
  }
  for (; p < end; ++p) visit(p, dot(problem.factors(p), v, problem.padded_k()));
}

/// Calls visit(p, y_pᵀv) → factor for the entries [begin, end) and adds factor·y_p to
/// `out`, which is loaded and stored once for four entries.
template <typename T, typename Loss, typename Visit>
inline void gather_and_scatter(const LeastSquares<T, Loss>& problem, Index begin,
                               Index end, const T* v, T* out, Visit&& visit) {
  using Vector = typename Simd<T>::Vector;
  const Index k = problem.padded_k();
  Index p = begin;
  for (; p + 4 <= end; p += 4) {
    T factor[4];
    const auto four = FourFactors<T>::multiply(problem, p, v, factor);
    for (int e = 0; e < 4; ++e) factor[e] = visit(p + e, factor[e]);
    for (Index j = 0; j < k; j += Simd<T>::lanes) {
      Vector x = vector_at(out + j);
#pragma GCC unroll 4
      for (int e = 0; e < 4; ++e) x += factor[e] * vector_at(four.y[e] + j);
      vector_at(out + j) = x;
    }
  }
  for (; p < end; ++p) {
    const T* y = problem.factors(p);
    add_multiple(out, visit(p, dot(y, v, k)), y, k);
  }
}

}  // namespace latentia::als
