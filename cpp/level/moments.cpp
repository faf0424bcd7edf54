#include "../kernels/scan/summary.hpp"
#include "../kernels/svd/gram.hpp"
#include "instances.hpp"

namespace latentia::level {

template <typename Matrix>
void Moments<Matrix>::gram(const Matrix& a, const Mean<double>& mean,
                           const RowMajor<double>& g, int n_threads) {
  svd::gram<double>(a, mean, view_of(g), n_threads);
}

template <typename Matrix>
Extremes Moments<Matrix>::summary(const Matrix& a, const double* origin, double* sum,
                                  double* square, int n_threads) {
  const scan::Summary total = scan::summary(a, origin, n_threads);
  std::copy(total.sum.begin(), total.sum.end(), sum);
  std::copy(total.square.begin(), total.square.end(), square);
  return {total.max_abs, total.nonfinite_row, total.nonfinite_col};
}

void gram_by_float32(const Dense<float>& a, const Mean<double>& mean,
                     const RowMajor<double>& g, int n_threads) {
  svd::gram<float>(a, mean, view_of(g), n_threads);
}

void mirror_lower_triangle(const RowMajor<double>& g, int n_threads) {
  svd::mirror_lower_triangle(view_of(g), n_threads);
}

LATENTIA_FOR_EACH_MATRIX(Moments)

}  // namespace latentia::level
