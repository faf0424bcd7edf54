#pragma once

#include <Eigen/Cholesky>

#include "../skinny/product.hpp"
#include "least_squares.hpp"

/// The matrix of the normal equations for a block of coordinates, and its solution.
namespace latentia::als {

/// Entries whose factors are copied, weighted by √w, and multiplied together.
inline constexpr Index gathered_entries = 256;

/// H += Σ_p w_p y_p y_pᵀ for the coordinates [first, first + size) of y, on and below
/// the diagonal. `size` is a multiple of a vector's lanes, `rows` a buffer
/// (gathered_entries × size).
template <typename T, typename Loss>
void add_outer_products(const LeastSquares<T, Loss>& problem, Index begin, Index end,
                        Index first, Index size, RowMatrix<T>& rows, RowMatrix<T>& h) {
  constexpr Index strip = 2 * Simd<T>::lanes;
  for (Index p = begin; p < end; p += gathered_entries) {
    const Index count = std::min(gathered_entries, end - p);
    for (Index e = 0; e < count; ++e) {
      const T root = std::sqrt(problem.loss.weight(p + e));
      const T* from = problem.factors(p + e) + first;
      T* to = rows.data() + e * size;
      if (e + 8 < count) __builtin_prefetch(problem.factors(p + e + 8) + first, 0, 3);
      for (Index j = 0; j < size; j += Simd<T>::lanes)
        vector_at(to + j) = root * vector_at(from + j);
    }
    for (Index j = 0; j < size; j += strip) {
      const Dense<T> lower{rows.data() + j, size - j, count, 1, size};
      skinny::multiply_add<T>(lower, std::min(strip, size - j), rows.data() + j, size,
                              h.data() + j * size + j, size, {rows.data() + j, size});
    }
  }
}

/// Solves H·x = b in place for the first k coordinates. `build(added)` writes the lower
/// triangle of H + added·I to h. More factors than items can make H singular to working
/// precision. Then many x are solutions, and a multiple of I is added, which gives one
/// of small norm. Returns the multiple.
template <typename T, typename Build>
T solve_in_place(RowMatrix<T>& h, Index k, T* x, Build&& build) {
  constexpr T eps = std::numeric_limits<T>::epsilon();
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>> right(x, k);
  Eigen::Array<T, Eigen::Dynamic, 1> diagonal(k);
  for (T added = 0;;) {
    build(added);
    auto block = h.topLeftCorner(k, k);
    diagonal = block.diagonal();
    const Eigen::LLT<Eigen::Ref<RowMatrix<T>>, Eigen::Lower> cholesky(block);
    // A squared pivot below k·ε of its diagonal entry is a rounding error.
    if (cholesky.info() == Eigen::Success &&
        (block.diagonal().array().square() > eps * static_cast<T>(k) * diagonal)
            .all()) {
      cholesky.solveInPlace(right);
      return added;
    }
    const T largest = diagonal.maxCoeff();
    if (largest == 0) return right.setZero(), T{0};
    if (!(added < largest)) return right.setConstant(NAN), T{0};  // H is not finite
    added = added > 0 ? 10 * added : largest * eps * static_cast<T>(k);
  }
}

}  // namespace latentia::als
