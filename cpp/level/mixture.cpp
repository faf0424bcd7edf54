#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/e_step_statistics.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/init.hpp"
#include "../kernels/gmm/scoring.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/tied.hpp"
#include "instances.hpp"

namespace latentia::level {
namespace {

template <typename T>
gmm::DistanceRule<T> distances_of(Covariance type, const gmm::Mixture<T>& mixture) {
  switch (type) {
    case Covariance::full:
      return gmm::FullDistances<T>(mixture);
    case Covariance::tied:
      return gmm::TiedDistances<T>(mixture);
    case Covariance::diagonal:
      return gmm::DiagonalDistances<T>(mixture);
    default:
      return gmm::SphericalDistances<T>(mixture);
  }
}

/// The mixture with other centres: the points that moments are about.
template <typename T>
gmm::Mixture<T> about(gmm::Mixture<T> mixture, const T* reference_points) {
  mixture.centre = reference_points;
  return mixture;
}

template <typename Moments, typename T>
double write_statistics(const Dense<T>& x, const T* weight,
                        const gmm::Mixture<T>& reference,
                        const gmm::ResponsibilityRule<T>& rule, const MixtureSums& sums,
                        int n_threads) {
  const gmm::SufficientStatistics total =
      gmm::e_step_statistics<Moments>(x, weight, reference, rule, n_threads);
  std::copy(total.weight.begin(), total.weight.end(), sums.weight);
  Moments::unpack(total.moments, view_of(sums.first), sums.second);
  return total.log_likelihood;
}

/// The pass with the moments of a covariance type.
template <typename T>
double statistics(const Dense<T>& x, const T* weight, Covariance type,
                  const gmm::Mixture<T>& reference,
                  const gmm::ResponsibilityRule<T>& rule, const MixtureSums& sums,
                  int n_threads) {
  const auto write =
      type == Covariance::full   ? &write_statistics<gmm::FullMoments<T>, T>
      : type == Covariance::tied ? &write_statistics<gmm::TiedMoments<T>, T>
                                 : &write_statistics<gmm::DiagonalMoments<T>, T>;
  return write(x, weight, reference, rule, sums, n_threads);
}

}  // namespace

template <typename T>
double Mixtures<T>::e_step_statistics(const Dense<T>& x, const T* weight,
                                      Covariance type, const Mixture& mixture,
                                      const T* reference_points,
                                      const MixtureSums& sums, int n_threads) {
  return statistics<T>(x, weight, type, about(mixture, reference_points),
                       gmm::Posterior<T>(mixture, distances_of(type, mixture)), sums,
                       n_threads);
}

template <typename T>
double Mixtures<T>::init_statistics(const Dense<T>& x, const T* weight, Covariance type,
                                    const Mixture& centres, const T* reference_points,
                                    std::optional<std::uint64_t> seed,
                                    const MixtureSums& sums, int n_threads) {
  gmm::ResponsibilityRule<T> rule = gmm::NearestCentre<T>(centres);
  if (seed) rule = gmm::RandomResponsibilities<T>(*seed);
  return statistics<T>(x, weight, type, about(centres, reference_points), rule, sums,
                       n_threads);
}

template <typename T>
void Mixtures<T>::labels(const Dense<T>& x, Covariance type, const Mixture& mixture,
                         std::int64_t* out, int n_threads) {
  gmm::labels(x, mixture, distances_of(type, mixture), out, n_threads);
}

template <typename T>
void Mixtures<T>::log_likelihood(const Dense<T>& x, Covariance type,
                                 const Mixture& mixture, T* out, int n_threads) {
  gmm::log_likelihood(x, mixture, distances_of(type, mixture), out, n_threads);
}

template <typename T>
void Mixtures<T>::responsibilities(const Dense<T>& x, Covariance type,
                                   const Mixture& mixture, const RowMajor<T>& out,
                                   int n_threads) {
  gmm::responsibilities(x, mixture, distances_of(type, mixture), view_of(out),
                        n_threads);
}

template <typename T>
void Mixtures<T>::squared_distances(const Dense<T>& x, const Mixture& mixture,
                                    const RowMajor<T>& out, int n_threads) {
  gmm::squared_distances(x, mixture, view_of(out), n_threads);
}

template struct Mixtures<float>;
template struct Mixtures<double>;

}  // namespace latentia::level
