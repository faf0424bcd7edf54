#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "../kernels/gmm/mixture.hpp"
#include "../kernels/nmf/penalty.hpp"
#include "../kernels/storage.hpp"

/// What the bindings call. They are compiled once. The kernels are compiled for each
/// CPU level, by the sources of this folder: a module is the bindings, linked with the
/// kernels of one level.
///
/// Both sides see plain views only. The linker merges inline functions and templates of
/// the same name, and Eigen's differ between levels (vector widths, alignment).
namespace latentia {

namespace nmf {
template <typename T>
struct Workspace;
}

namespace level {

template <typename Matrix>
struct ScalarOf;
template <typename T>
struct ScalarOf<Dense<T>> {
  using type = T;
};
template <typename T, typename I>
struct ScalarOf<Csr<T, I>> {
  using type = T;
};
template <typename Matrix>
using Scalar = typename ScalarOf<Matrix>::type;

/// `kernels/svd`. `Matrix` is Dense or Csr, here and below.
template <typename Matrix>
struct Products {
  using T = Scalar<Matrix>;
  static void normal_product(const Matrix& a, const Mean<T>& mean,
                             const RowMajor<const T>& x,
                             const std::optional<RowMajor<T>>& y, const RowMajor<T>& z,
                             int n_threads);
  static void product(const Matrix& a, const Mean<T>& mean, const RowMajor<const T>& x,
                      const RowMajor<T>& y, int n_threads);
  static void adjoint_product(const Matrix& a, const Mean<T>& mean,
                              const RowMajor<const T>& y, const RowMajor<T>& z,
                              int n_threads);
};

/// The largest magnitude of `scan::Summary`, and its first entry that is not finite.
struct Extremes {
  double max_abs;
  Index nonfinite_row, nonfinite_col;
};

/// `kernels/svd/gram.hpp` and `kernels/scan`.
template <typename Matrix>
struct Moments {
  static void gram(const Matrix& a, const Mean<double>& mean, const RowMajor<double>& g,
                   int n_threads);
  /// Writes `sum` and `square` (n).
  static Extremes summary(const Matrix& a, const double* origin, double* sum,
                          double* square, int n_threads);
};

/// The same with products in float32.
void gram_by_float32(const Dense<float>& a, const Mean<double>& mean,
                     const RowMajor<double>& g, int n_threads);

/// Copies the lower triangle of a symmetric matrix into the upper one.
void mirror_lower_triangle(const RowMajor<double>& g, int n_threads);

enum class Covariance { full, tied, diagonal, spherical };

/// Where the statistics of a pass are written: `weight` (K), `first` (K × d) and
/// `second`, which has the shape of the covariances.
struct MixtureSums {
  double* weight;
  RowMajor<double> first;
  double* second;
};

/// `kernels/gmm`. The first two return the log-likelihood, about `reference_points`.
template <typename T>
struct Mixtures {
  using Mixture = gmm::Mixture<T>;
  static double e_step_statistics(const Dense<T>& x, const T* weight, Covariance type,
                                  const Mixture& mixture, const T* reference_points,
                                  const MixtureSums& sums, int n_threads);
  static double init_statistics(const Dense<T>& x, const T* weight, Covariance type,
                                const Mixture& centres, const T* reference_points,
                                std::optional<std::uint64_t> seed,
                                const MixtureSums& sums, int n_threads);
  static void labels(const Dense<T>& x, Covariance type, const Mixture& mixture,
                     std::int64_t* out, int n_threads);
  static void log_likelihood(const Dense<T>& x, Covariance type, const Mixture& mixture,
                             T* out, int n_threads);
  static void responsibilities(const Dense<T>& x, Covariance type,
                               const Mixture& mixture, const RowMajor<T>& out,
                               int n_threads);
  static void squared_distances(const Dense<T>& x, const Mixture& mixture,
                                const RowMajor<T>& out, int n_threads);
};

/// Multiplicative, or HALS with at most `sweeps` over the coordinates in `order`.
template <typename T>
struct UpdateRule {
  bool hals;
  RowMajor<const T> gram;  // HHᵀ (k × k)
  nmf::Penalty<T> penalty;
  int sweeps;
  nmf::CoordinateOrder order;
};

/// What the factors of an NMF need without A.
template <typename T>
struct Factors {
  static std::shared_ptr<nmf::Workspace<T>> workspace();
  /// Writes WᵀW to `gram` (k × k) and returns ⟨W, P⟩.
  static double update(const RowMajor<T>& w, const RowMajor<const T>& p,
                       const UpdateRule<T>& rule, const RowMajor<double>& gram,
                       int n_threads);
  static void multiply(const RowMajor<T>& w, const RowMajor<const T>& numerator,
                       const RowMajor<const T>& denominator,
                       const nmf::Penalty<T>& penalty, T beta, int n_threads);
};

/// `kernels/nmf/frobenius.hpp`
template <typename Matrix>
struct Frobenius {
  using T = Scalar<Matrix>;
  /// Writes WᵀW of the new W to `gram` (k × k) and returns ⟨W, A·Ht⟩. `transposed` is
  /// Aᵀ or null, here and below.
  static double pass(const Matrix& a, const Matrix* transposed, const RowMajor<T>& w,
                     const RowMajor<const T>& ht, const UpdateRule<T>& rule,
                     const RowMajor<T>& at_w, nmf::Workspace<T>& workspace,
                     const RowMajor<double>& gram, int n_threads);
};

/// `kernels/nmf/observed_hals.hpp`
template <typename Sparse>
struct Observed {
  using T = Scalar<Sparse>;
  static double hals_pass(const Sparse& a, const RowMajor<T>& w,
                          const RowMajor<const T>& ht, const nmf::Penalty<T>& penalty,
                          int sweeps, const nmf::CoordinateOrder& order,
                          nmf::Workspace<T>& workspace, int n_threads);
};

/// `kernels/ranking`
template <typename Sparse>
struct Ranking {
  using T = Scalar<Sparse>;
  static void top_of_product(const RowMajor<const T>& w, const RowMajor<const T>& ht,
                             const Sparse* exclude, const RowMajor<std::int64_t>& items,
                             const RowMajor<T>& scores, int n_threads);
  static void top_of_scores(const RowMajor<const T>& s, const Sparse* exclude,
                            const RowMajor<std::int64_t>& items,
                            const RowMajor<T>& scores, int n_threads);
  static void metrics(const RowMajor<const std::int64_t>& list, const Sparse& relevant,
                      std::span<const Index> depths,
                      std::span<const double> information, const RowMajor<double>& out,
                      int n_threads);
};

enum class AlsSolver { cholesky, subspace, cg };

/// What a half-iteration of `kernels/als` has besides A and the rows x that it updates.
/// `n` is the number of steps of conjugate gradients, or the size of a block.
template <typename T>
struct AlsHalf {
  RowMajor<const T> y, gram;
  std::span<const T> ridge;
  std::optional<RowMajor<const T>> prior;
  AlsSolver solver;
  int n;
};

/// `kernels/als`. Both return the loss with the penalty of x.
template <typename Sparse>
struct Als {
  using T = Scalar<Sparse>;
  static double implicit(const Sparse& a, const RowMajor<T>& x, const AlsHalf<T>& half,
                         T extra, int n_threads);
  static double rating(const Sparse& a, const RowMajor<T>& x, const AlsHalf<T>& half,
                       std::span<const T> column_bias, int n_threads);
  static void rotate(const RowMajor<T>& x, const RowMajor<const T>& q, int n_threads);
};

/// A β-divergence. `stored_only`: the pass needs only the stored entries of A, of which
/// the others are missing if `observed_only`, else zero.
template <typename T>
struct DivergenceKind {
  T beta, floor;
  bool stored_only, observed_only;
};

/// `kernels/nmf/dense_divergence.hpp` and `sparse_divergence.hpp`
template <typename Matrix>
struct Divergences {
  using T = Scalar<Matrix>;
  /// Writes ΣW to `factor_sum` (k) and returns D(A | W·H) before the update of W.
  static double pass(const Matrix& a, const Matrix* transposed, const RowMajor<T>& w,
                     const RowMajor<const T>& ht, const DivergenceKind<T>& kind,
                     const nmf::Penalty<T>& penalty,
                     const std::optional<RowMajor<T>>& numerator,
                     const std::optional<RowMajor<T>>& denominator,
                     nmf::Workspace<T>& workspace, double* factor_sum, int n_threads);
  static double value(const Matrix& a, const RowMajor<const T>& w,
                      const RowMajor<const T>& ht, const DivergenceKind<T>& kind,
                      int n_threads);
};

/// `kernels/random.hpp`
template <typename T>
void fill_normal(T* out, Index size, std::uint64_t seed, int n_threads);

/// The level, and `kernels/limits.hpp`
const char* name();
int vector_bytes();
bool has_openmp();
std::string eigen();
int max_threads();
void set_forked();
template <typename T>
double fma_peak(int n_threads);
double read_bandwidth(const float* data, Index size, int n_threads);

}  // namespace level
}  // namespace latentia
