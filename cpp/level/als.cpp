#include "../kernels/als/half_iteration.hpp"
#include "../kernels/als/rotation.hpp"
#include "instances.hpp"

namespace latentia::level {

template <typename T, typename Loss>
double half_iteration(const Loss& loss, const RowMajor<T>& x, const AlsHalf<T>& half,
                      int n_threads) {
  const auto prior = view_of(half.prior);
  const auto run = [&](auto&& solver) {
    return als::half_iteration<T>(loss, view_of(x), view_of(half.y), view_of(half.gram),
                                  half.ridge, prior, solver, n_threads);
  };
  switch (half.solver) {
    case AlsSolver::cholesky:
      return run(als::exact);
    case AlsSolver::subspace:
      return run(als::Blocks{half.n});
    default:
      return run(als::Steps{half.n});
  }
}

template <typename Sparse>
double Als<Sparse>::implicit(const Sparse& a, const RowMajor<T>& x,
                             const AlsHalf<T>& half, T extra, int n_threads) {
  return half_iteration<T>(als::ImplicitLoss<T, AnyIndex>{a, extra}, x, half,
                           n_threads);
}

template <typename Sparse>
double Als<Sparse>::rating(const Sparse& a, const RowMajor<T>& x,
                           const AlsHalf<T>& half, std::span<const T> column_bias,
                           int n_threads) {
  return half_iteration<T>(als::RatingLoss<T, AnyIndex>{a, column_bias}, x, half,
                           n_threads);
}

template <typename Sparse>
void Als<Sparse>::rotate(const RowMajor<T>& x, const RowMajor<const T>& q,
                         int n_threads) {
  als::rotate<T>(view_of(x), view_of(q), n_threads);
}

LATENTIA_FOR_SPARSE(Als)

}  // namespace latentia::level
