#include "../kernels/gmm/em.hpp"

#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/tied.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

constexpr Index components = 5;

/// Of a row whose first feature is x, in [−2, 2]: two neighbours share it, nobody else
/// has a part. In eighths, which are exact.
template <typename T>
T share(T x, Index k) {
  const T place = std::round(x * 8) / 8 + 2;
  return std::max(T{0}, 1 - std::abs(place - static_cast<T>(k)));
}

/// A rule for `em_pass`, which says something of the rows that fill a group as well.
template <typename T>
void share_rows(const gmm::Tile<T>& tile, RowMatrix<T>& r, gmm::Row<T>& gain) {
  gain.resize(tile.wide());
  for (Index i = 0; i < tile.wide(); ++i) {
    gain[i] = 3 + tile.lanes(0, i);
    for (Index k = 0; k < components; ++k) r(k, i) = share(tile.lanes(0, i), k);
  }
}

/// Half of the rows have no weight.
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
  const MadeMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1), x = mixture.about_origin(a);
  const RowMatrix<double> w = as_column(weight, n);
  RowMatrix<double> r(n, components);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < components; ++k)
      r(i, k) = static_cast<double>(share(x(i, 0), k)) * w(i, 0);
  const PlainMoments plain(x, r, mixture.centre);
  const gmm::Sums got = gmm::em_pass<Moments>(
      Stored<T>(a, layout).view, or_none(weight), mixture.view(), share_rows<T>, 1);

  const std::string what = text(type, n, d);
  check_moments<T, Moments>(got.moments, type, plain, n, what);
  check_near<T>(RowMatrix<double>(got.weight.transpose()), plain.weight, n,
                "weights: " + what);
  const RowMatrix<double> gain =
      w.transpose() * (x.col(0).array() + 3).matrix().template cast<double>();
  check_near<T>(RowMatrix<double>::Constant(1, 1, got.gain), Sums(gain), n,
                "gain: " + what);
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

/// The E-step's own rule: what it says of rows is added up.
template <typename T, typename Distances, typename Moments>
void a_pass_adds_up_the_posterior(Covariance type, Index n, Index d) {
  const MadeMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1);
  const std::vector<T> weight = some_weights<T>(n);
  const gmm::Posterior<T, Distances> rule(mixture.view());
  const gmm::Sums got = gmm::em_pass<Moments>(Stored<T>(a, Layout::by_rows).view,
                                              weight.data(), mixture.view(), rule, 1);
  const PlainPosterior plain(mixture, mixture.about_origin(a));
  const Sums w = Sums(as_column(weight, n)).transpose();
  const Index terms = n + 3 * d + components;
  check_near<T>(RowMatrix<double>(got.weight.transpose()), w * plain.shares, terms,
                "weights");
  check_near<T>(RowMatrix<double>::Constant(1, 1, got.gain), w * plain.log_likelihood,
                terms, "log-likelihood");
}

/// All of it, to be compared.
RowMatrix<double> in_a_row(const gmm::Sums& sums) {
  RowMatrix<double> row(1, 1 + sums.weight.size() + sums.moments.size());
  row << sums.gain, sums.weight.matrix().transpose(),
      sums.moments.template reshaped<Eigen::RowMajor>().transpose();
  return row;
}

/// Several runs of rows, and work worth seven threads.
template <typename T, typename Distances, typename Moments>
void bits_do_not_depend_on_threads(Covariance type, Index n, Index d) {
  const MadeMixture<T> mixture(type, 7, d);
  const Stored<T> stored(random_matrix<T>(n, d, 1), Layout::by_rows);
  const std::vector<T> weight = some_weights<T>(n);
  check(worth(n * 7 * (d + 8) * 4, 7) == 7, "worth seven threads");
  const gmm::Posterior<T, Distances> rule(mixture.view());
  const auto pass = [&](int n_threads) {
    return in_a_row(gmm::em_pass<Moments>(stored.view, weight.data(), mixture.view(),
                                          rule, n_threads));
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
  // Several runs of several tiles.
  for (const Index d : {3, 33})
    all_types<T>(5003, d, Layout::by_rows, some_weights<T>(5003));

  using namespace gmm;
  a_pass_adds_up_the_posterior<T, FullDistances<T>, FullMoments<T>>(Covariance::full,
                                                                    500, 13);
  a_pass_adds_up_the_posterior<T, SphericalDistances<T>, DiagonalMoments<T>>(
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
