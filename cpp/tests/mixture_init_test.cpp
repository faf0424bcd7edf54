#include "../kernels/gmm/init.hpp"

#include "mixtures.hpp"

namespace latentia::testing {
namespace {

/// The responsibilities (n × K) of all rows by a rule, and their log-likelihoods (n).
template <typename T, typename Rule>
RowMatrix<T> responsibilities(const Rule& rule, const DenseStorage<T>& a,
                              const RowMatrix<T>& origin, Index components,
                              std::vector<T>* log_likelihoods = nullptr) {
  gmm::CentredTile<T> tile(a.view.cols);
  RowMatrix<T> r =
      RowMatrix<T>::Zero(components, gmm::CentredTile<T>::capacity(a.view.cols));
  RowMatrix<T> all(a.view.rows, components);
  gmm::Row<T> log_likelihood;
  gmm::for_each_tile(a.view, origin.data(), 0, a.view.rows, tile, [&](Index first) {
    rule(tile, r, log_likelihood);
    check(log_likelihood.size() == tile.padded_rows(),
          "a log-likelihood for every row of whole groups");
    all.middleRows(first, tile.count) = r.leftCols(tile.count).transpose();
    if (log_likelihoods)
      log_likelihoods->insert(log_likelihoods->end(), log_likelihood.data(),
                              log_likelihood.data() + tile.count);
  });
  return all;
}

/// Entries are −1, 0 and 1: distances are exact, and many of them are equal.
template <typename T>
RowMatrix<T> few_values(Index rows, Index cols, unsigned seed) {
  return (random_matrix<T>(rows, cols, seed).array() * T(1.5)).round();
}

template <typename T>
void the_first_nearest_centre_gets_a_row(Index n, Index d) {
  const Index components = 5;
  const RowMatrix<T> a = few_values<T>(n, d, 1), origin = few_values<T>(1, d, 2);
  RowMatrix<T> centre = few_values<T>(components, d, 3);
  centre.row(4) = centre.row(1);
  const gmm::Mixture<T> about{components,    d,       origin.data(),
                              centre.data(), nullptr, nullptr};
  std::vector<T> log_likelihood;
  const RowMatrix<T> r =
      responsibilities<T>(gmm::NearestCentre<T>(about), {a, Layout::by_columns}, origin,
                          components, &log_likelihood);
  for (Index i = 0; i < n; ++i) {
    Index nearest = 0;
    RowMatrix<T> distance(1, components);
    for (Index k = 0; k < components; ++k) {
      distance(0, k) = (a.row(i) - origin.row(0) - centre.row(k)).squaredNorm();
      if (distance(0, k) < distance(0, nearest)) nearest = k;
    }
    RowMatrix<T> expected = RowMatrix<T>::Zero(1, components);
    expected(0, nearest) = 1;
    check(r.row(i) == expected, "row " + std::to_string(i) + " of " +
                                    std::to_string(n) + " x " + std::to_string(d));
    check(log_likelihood[static_cast<std::size_t>(i)] == -distance(0, nearest),
          "log-likelihood");
  }
}

template <typename T>
void random_responsibilities_depend_on_the_row_only(Index n, Index d) {
  const Index components = 3;
  const RowMatrix<T> origin = random_matrix<T>(1, d, 2);
  RowMatrix<T> a = random_matrix<T>(n, d, 1);
  if (n > 2) {
    a(0, 0) = 0;
    a.row(1) = a.row(n - 1) = a.row(0);
    a(n - 1, 0) = -a(0, 0);
    a(1, d - 1) += T{1};
  }
  const gmm::RandomResponsibilities<T> rule(7);
  std::vector<T> log_likelihood;
  const RowMatrix<T> r = responsibilities<T>(rule, {a, Layout::by_rows}, origin,
                                             components, &log_likelihood);
  const std::string what = std::to_string(n) + " x " + std::to_string(d);
  check((r.array() > 0).all() && (r.array() <= 1).all(), "between 0 and 1: " + what);
  check(((r.rowwise().sum().array() - 1).abs() <= 4 * std::numeric_limits<T>::epsilon())
            .all(),
        "sums are 1: " + what);
  check(std::all_of(log_likelihood.begin(), log_likelihood.end(),
                    [](T g) { return g == 0; }),
        "log-likelihoods are 0");
  for (const Layout layout : layouts)
    check(same_bits(r, responsibilities<T>(rule, {a, layout}, origin, components)),
          "in any layout: " + what);
  const RowMatrix<T> zero = RowMatrix<T>::Zero(1, d);
  check(same_bits(r, responsibilities<T>(rule, {a, Layout::by_rows}, zero, components)),
        "about any origin: " + what);
  const RowMatrix<T> turned = a.colwise().reverse();
  check(same_bits<T>(
            r.colwise().reverse(),
            responsibilities<T>(rule, {turned, Layout::by_rows}, origin, components)),
        "in any order: " + what);
  if (n > 2) {
    check(r.row(n - 1) == r.row(0), "equal for equal rows (0 is −0): " + what);
    check(r.row(1) != r.row(0), "different for another value: " + what);
  }
  check(r != responsibilities<T>(gmm::RandomResponsibilities<T>(8),
                                 {a, Layout::by_rows}, origin, components),
        "different for another seed: " + what);
}

/// Responsibilities are uniform numbers divided by their sum. The mean of each
/// component is a third within five standard errors; the variance is below 1/12.
void no_component_is_preferred() {
  const Index n = 20'000;
  const RowMatrix<double> a = random_matrix<double>(n, 2, 1);
  const RowMatrix<double> origin = RowMatrix<double>::Zero(1, 2);
  const RowMatrix<double> r = responsibilities<double>(
      gmm::RandomResponsibilities<double>(3), {a, Layout::by_rows}, origin, 3);
  const double bound = 5 * std::sqrt(1.0 / 12 / static_cast<double>(n));
  check(((r.colwise().mean().array() - 1.0 / 3).abs() < bound).all(),
        "the mean of each component is 1/3");
}

template <typename T>
void all() {
  for (const Index n : some_rows)
    for (const Index d : some_features) {
      the_first_nearest_centre_gets_a_row<T>(n, d);
      random_responsibilities_depend_on_the_row_only<T>(n, d);
    }
}

}  // namespace

void run() {
  all<float>();
  all<double>();
  no_component_is_preferred();
}

}  // namespace latentia::testing
