#include "../kernels/gmm/start.hpp"

#include "mixtures.hpp"

namespace latentia::testing {
namespace {

/// What a rule says of all rows: r (n × K), and gain (n) if it is asked for.
template <typename T, typename Rule>
RowMatrix<T> shares(const Rule& rule, const Stored<T>& a, const RowMatrix<T>& origin,
                    Index components, std::vector<T>* gains = nullptr) {
  gmm::Tile<T> tile(a.view.cols);
  RowMatrix<T> r = RowMatrix<T>::Zero(components, gmm::Tile<T>::most(a.view.cols));
  RowMatrix<T> all(a.view.rows, components);
  gmm::Row<T> gain;
  gmm::for_each_tile(a.view, origin.data(), 0, a.view.rows, tile, [&](Index first) {
    rule(tile, r, gain);
    check(gain.size() == tile.wide(), "a gain for every row of whole groups");
    all.middleRows(first, tile.count) = r.leftCols(tile.count).transpose();
    if (gains) gains->insert(gains->end(), gain.data(), gain.data() + tile.count);
  });
  return all;
}

/// −1, 0 and 1: distances are exact, and many centres are equally near.
template <typename T>
RowMatrix<T> few_values(Index rows, Index cols, unsigned seed) {
  return (random_matrix<T>(rows, cols, seed).array() * T(1.5)).round();
}

template <typename T>
void the_first_of_the_nearest_takes_a_row(Index n, Index d) {
  const Index components = 5;
  const RowMatrix<T> a = few_values<T>(n, d, 1), origin = few_values<T>(1, d, 2);
  RowMatrix<T> centre = few_values<T>(components, d, 3);
  centre.row(4) = centre.row(1);
  const gmm::Mixture<T> about{components,    d,       origin.data(),
                              centre.data(), nullptr, nullptr};
  std::vector<T> gain;
  const RowMatrix<T> r = shares<T>(gmm::Nearest<T>(about), {a, Layout::by_columns},
                                   origin, components, &gain);
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
    check(gain[static_cast<std::size_t>(i)] == -distance(0, nearest), "gain");
  }
}

template <typename T>
void a_row_has_its_shares_wherever_it_stands(Index n, Index d) {
  const Index components = 3;
  const RowMatrix<T> origin = random_matrix<T>(1, d, 2);
  RowMatrix<T> a = random_matrix<T>(n, d, 1);
  if (n > 2) {
    a(0, 0) = 0;
    a.row(1) = a.row(n - 1) = a.row(0);
    a(n - 1, 0) = -a(0, 0);
    a(1, d - 1) += T{1};
  }
  const gmm::Random<T> rule(7);
  std::vector<T> gain;
  const RowMatrix<T> r =
      shares<T>(rule, {a, Layout::by_rows}, origin, components, &gain);
  const std::string what = std::to_string(n) + " x " + std::to_string(d);
  check((r.array() > 0).all() && (r.array() <= 1).all(), "shares: " + what);
  check(((r.rowwise().sum().array() - 1).abs() <= 4 * std::numeric_limits<T>::epsilon())
            .all(),
        "they add up to 1: " + what);
  check(std::all_of(gain.begin(), gain.end(), [](T g) { return g == 0; }), "no gain");
  for (const Layout layout : layouts)
    check(same_bits(r, shares<T>(rule, {a, layout}, origin, components)),
          "in any layout: " + what);
  const RowMatrix<T> zero = RowMatrix<T>::Zero(1, d);
  check(same_bits(r, shares<T>(rule, {a, Layout::by_rows}, zero, components)),
        "about any origin: " + what);
  const RowMatrix<T> turned = a.colwise().reverse();
  check(same_bits<T>(r.colwise().reverse(),
                     shares<T>(rule, {turned, Layout::by_rows}, origin, components)),
        "in any order: " + what);
  if (n > 2) {
    check(r.row(n - 1) == r.row(0), "equal rows (0 is −0), equal shares: " + what);
    check(r.row(1) != r.row(0), "another value, other shares: " + what);
  }
  check(r != shares<T>(gmm::Random<T>(8), {a, Layout::by_rows}, origin, components),
        "another seed: " + what);
}

/// Shares before they are divided by their sum are uniform: each component has a third
/// of all rows, within five standard errors (a share's variance is below 1/12).
void no_component_is_preferred() {
  const Index n = 20'000;
  const RowMatrix<double> a = random_matrix<double>(n, 2, 1);
  const RowMatrix<double> origin = RowMatrix<double>::Zero(1, 2);
  const RowMatrix<double> r =
      shares<double>(gmm::Random<double>(3), {a, Layout::by_rows}, origin, 3);
  const double bound = 5 * std::sqrt(1.0 / 12 / static_cast<double>(n));
  check(((r.colwise().mean().array() - 1.0 / 3).abs() < bound).all(), "a third each");
}

template <typename T>
void all() {
  for (const Index n : some_rows)
    for (const Index d : some_features) {
      the_first_of_the_nearest_takes_a_row<T>(n, d);
      a_row_has_its_shares_wherever_it_stands<T>(n, d);
    }
}

}  // namespace

void run() {
  all<float>();
  all<double>();
  no_component_is_preferred();
}

}  // namespace latentia::testing
