#include "../kernels/gmm/e_step_statistics.hpp"

#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/tied.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

constexpr Index components = 5;

/// The responsibility of component k for a row whose first feature is x, in [−2, 2]. It
/// is not zero for two neighbouring components, and a multiple of 1/8, which is exact.
template <typename T>
T responsibility(T x, Index k) {
  const T place = std::round(x * 8) / 8 + 2;
  return std::max(T{0}, 1 - std::abs(place - static_cast<T>(k)));
}

/// A rule for `e_step_statistics`. Like the real ones it also writes the rows that fill
/// up a group.
template <typename T>
void neighbour_rule(const gmm::CentredTile<T>& tile, RowMatrix<T>& r,
                    gmm::Row<T>& log_likelihood) {
  log_likelihood.resize(tile.padded_rows());
  for (Index i = 0; i < tile.padded_rows(); ++i) {
    log_likelihood[i] = 3 + tile.by_feature(0, i);
    for (Index k = 0; k < components; ++k)
      r(k, i) = responsibility(tile.by_feature(0, i), k);
  }
}

/// Half of the weights are zero.
template <typename T>
std::vector<T> some_weights(Index n) {
  const RowMatrix<T> w = random_matrix<T>(1, n, 4).cwiseMax(T{0});
  return {w.data(), w.data() + n};
}

template <typename T>
RowMatrix<double> as_column(const std::vector<T>& weight, Index n) {
  if (weight.empty()) return RowMatrix<double>::Ones(n, 1);
  return Eigen::Map<const RowMatrix<T>>(weight.data(), n, 1).template cast<double>();
}

template <typename T>
const T* or_none(const std::vector<T>& weight) {
  return weight.empty() ? nullptr : weight.data();
}

template <typename T, typename Moments>
void sums_agree_with_plain_loops(Covariance type, Index n, Index d, Layout layout,
                                 const std::vector<T>& weight) {
  const ExampleMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1), x = mixture.about_origin(a);
  const RowMatrix<double> w = as_column(weight, n);
  RowMatrix<double> r(n, components);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < components; ++k)
      r(i, k) = static_cast<double>(responsibility(x(i, 0), k)) * w(i, 0);
  const PlainMoments plain(x, r, mixture.centre);
  const gmm::SufficientStatistics got =
      gmm::e_step_statistics<Moments>(DenseStorage<T>(a, layout).view, or_none(weight),
                                      mixture.view(), neighbour_rule<T>, 1);

  const std::string what = text(type, n, d);
  check_moments<T, Moments>(got.moments, type, plain, n, what);
  check_near<T>(RowMatrix<double>(got.weight.transpose()), plain.weight, n,
                "weights: " + what);
  const RowMatrix<double> log_likelihood =
      w.transpose() * (x.col(0).array() + 3).matrix().template cast<double>();
  check_near<T>(RowMatrix<double>::Constant(1, 1, got.log_likelihood),
                BoundedSums(log_likelihood), n, "log-likelihood: " + what);
}

template <typename T>
void all_types(Index n, Index d, Layout layout, const std::vector<T>& weight) {
  sums_agree_with_plain_loops<T, gmm::FullMoments<T>>(Covariance::full, n, d, layout,
                                                      weight);
  sums_agree_with_plain_loops<T, gmm::TiedMoments<T>>(Covariance::tied, n, d, layout,
                                                      weight);
  sums_agree_with_plain_loops<T, gmm::DiagonalMoments<T>>(Covariance::diagonal, n, d,
                                                          layout, weight);
}

/// The sums of a pass with the rule of the E-step.
template <typename T, typename Distances, typename Moments>
void a_pass_sums_the_posterior(Covariance type, Index n, Index d) {
  const ExampleMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1);
  const std::vector<T> weight = some_weights<T>(n);
  const gmm::Posterior<T> rule(mixture.view(), Distances(mixture.view()));
  const gmm::SufficientStatistics got = gmm::e_step_statistics<Moments>(
      DenseStorage<T>(a, Layout::by_rows).view, weight.data(), mixture.view(), rule, 1);
  const PlainPosterior plain(mixture, mixture.about_origin(a));
  const BoundedSums w = BoundedSums(as_column(weight, n)).transpose();
  const Index terms = n + 3 * d + components;
  check_near<T>(RowMatrix<double>(got.weight.transpose()), w * plain.responsibilities,
                terms, "weights");
  check_near<T>(RowMatrix<double>::Constant(1, 1, got.log_likelihood),
                w * plain.log_likelihood, terms, "log-likelihood");
}

/// All statistics in one row, for comparisons.
RowMatrix<double> in_a_row(const gmm::SufficientStatistics& sums) {
  RowMatrix<double> row(1, 1 + sums.weight.size() + sums.moments.size());
  row << sums.log_likelihood, sums.weight.matrix().transpose(),
      sums.moments.template reshaped<Eigen::RowMajor>().transpose();
  return row;
}

/// Several chunks of rows, and enough work for seven threads.
template <typename T, typename Distances, typename Moments>
void bits_do_not_depend_on_threads(Covariance type, Index n, Index d) {
  const ExampleMixture<T> mixture(type, 7, d);
  const DenseStorage<T> stored(random_matrix<T>(n, d, 1), Layout::by_rows);
  const std::vector<T> weight = some_weights<T>(n);
  check(useful_threads(n * 7 * (d + 8) * 4, 7) == 7, "enough work for seven threads");
  const gmm::Posterior<T> rule(mixture.view(), Distances(mixture.view()));
  const auto pass = [&](int n_threads) {
    return in_a_row(gmm::e_step_statistics<Moments>(stored.view, weight.data(),
                                                    mixture.view(), rule, n_threads));
  };
  const RowMatrix<double> one = pass(1);
  check(one.allFinite(), "finite");
  for (const int n_threads : {2, 7})
    check(same_bits(one, pass(n_threads)),
          "the same bits with " + std::to_string(n_threads) + " threads");
}

template <typename T>
void all() {
  for (const Index d : {1, 7, 8, 9, 31, 33}) {
    for (const Index n : some_rows) {
      all_types<T>(n, d, Layout::rows_apart, {});
      all_types<T>(n, d, Layout::by_columns, some_weights<T>(n));
    }
    all_types<T>(33, d, Layout::by_rows, std::vector<T>(33, T{0}));
  }
  // Several chunks of several tiles.
  for (const Index d : {3, 33})
    all_types<T>(5003, d, Layout::by_rows, some_weights<T>(5003));

  using namespace gmm;
  a_pass_sums_the_posterior<T, FullDistances<T>, FullMoments<T>>(Covariance::full, 500,
                                                                 13);
  a_pass_sums_the_posterior<T, SphericalDistances<T>, DiagonalMoments<T>>(
      Covariance::spherical, 500, 3);
  for (const auto& [n, d] : {std::pair<Index, Index>{13'003, 33}, {70'001, 3}}) {
    bits_do_not_depend_on_threads<T, FullDistances<T>, FullMoments<T>>(Covariance::full,
                                                                       n, d);
    bits_do_not_depend_on_threads<T, TiedDistances<T>, TiedMoments<T>>(Covariance::tied,
                                                                       n, d);
    bits_do_not_depend_on_threads<T, DiagonalDistances<T>, DiagonalMoments<T>>(
        Covariance::diagonal, n, d);
  }
}

}  // namespace

void run() {
  all<float>();
  all<double>();
}

}  // namespace latentia::testing
