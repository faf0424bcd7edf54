#include "../kernels/nmf/dense_divergence.hpp"
#include "../kernels/nmf/sparse_divergence.hpp"
#include "instances.hpp"

namespace latentia::level {

template <typename Matrix>
double Divergences<Matrix>::pass(
    const Matrix& a, [[maybe_unused]] const Matrix* transposed, const RowMajor<T>& w,
    const RowMajor<const T>& ht, const DivergenceKind<T>& kind,
    const nmf::Penalty<T>& penalty, const std::optional<RowMajor<T>>& numerator,
    const std::optional<RowMajor<T>>& denominator, nmf::Workspace<T>& workspace,
    double* factor_sum, int n_threads) {
  const nmf::Divergence<T> divergence(kind.beta, kind.floor);
  auto h_numerator = view_of(numerator), h_denominator = view_of(denominator);
  const nmf::DivergenceSums sums = [&] {
    if constexpr (!std::is_same_v<Matrix, Dense<T>>)
      if (kind.stored_only)
        return nmf::sparse_divergence_pass<T>(
            a, transposed, kind.observed_only, view_of(w), view_of(ht), divergence,
            penalty, address_of(h_numerator), address_of(h_denominator), workspace,
            n_threads);
    return nmf::dense_divergence_pass<T>(
        a, view_of(w), view_of(ht), divergence, penalty, address_of(h_numerator),
        address_of(h_denominator), workspace, n_threads);
  }();
  std::copy_n(sums.factor_sum.data(), ht.cols, factor_sum);
  return sums.value;
}

template <typename Matrix>
double Divergences<Matrix>::value(const Matrix& a, const RowMajor<const T>& w,
                                  const RowMajor<const T>& ht,
                                  const DivergenceKind<T>& kind, int n_threads) {
  const nmf::Divergence<T> divergence(kind.beta, kind.floor);
  if constexpr (!std::is_same_v<Matrix, Dense<T>>)
    if (kind.stored_only)
      return nmf::sparse_divergence<T>(a, kind.observed_only, view_of(w), view_of(ht),
                                       divergence, n_threads);
  return nmf::dense_divergence<T>(a, view_of(w), view_of(ht), divergence, n_threads);
}

template <typename T>
void Factors<T>::multiply(const RowMajor<T>& w, const RowMajor<const T>& numerator,
                          const RowMajor<const T>& denominator,
                          const nmf::Penalty<T>& penalty, T beta, int n_threads) {
  nmf::multiply_rows<T>(view_of(w), view_of(numerator), view_of(denominator), penalty,
                        nmf::Divergence<T>(beta, 1), n_threads);
}

template void Factors<float>::multiply(const RowMajor<float>&,
                                       const RowMajor<const float>&,
                                       const RowMajor<const float>&,
                                       const nmf::Penalty<float>&, float, int);
template void Factors<double>::multiply(const RowMajor<double>&,
                                        const RowMajor<const double>&,
                                        const RowMajor<const double>&,
                                        const nmf::Penalty<double>&, double, int);
LATENTIA_FOR_EACH_MATRIX(Divergences)

}  // namespace latentia::level
