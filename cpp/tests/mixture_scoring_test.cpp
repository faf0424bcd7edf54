#include "../kernels/gmm/scoring.hpp"

#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/tied.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

/// The results of all four passes; entries that were not written are NaN or -1.
template <typename T, typename Distances>
struct Passes {
  std::vector<std::int64_t> label;
  RowMatrix<T> log_likelihood, responsibilities, distance;

  Passes(const Dense<T>& x, const gmm::Mixture<T>& mixture, int n_threads)
      : label(static_cast<std::size_t>(x.rows), -1),
        log_likelihood(RowMatrix<T>::Constant(x.rows, 1, nan)),
        responsibilities(RowMatrix<T>::Constant(x.rows, mixture.components, nan)),
        distance(responsibilities) {
    const gmm::DistanceRule<T> distances = Distances(mixture);
    gmm::labels(x, mixture, distances, label.data(), n_threads);
    gmm::log_likelihood(x, mixture, distances, log_likelihood.data(), n_threads);
    gmm::responsibilities(x, mixture, distances, out(responsibilities), n_threads);
    gmm::squared_distances(x, mixture, out(distance), n_threads);
  }

  bool same_bits_as(const Passes& other) const {
    return label == other.label && same_bits(log_likelihood, other.log_likelihood) &&
           same_bits(responsibilities, other.responsibilities) &&
           same_bits(distance, other.distance);
  }

 private:
  static constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  static MatrixView<T> out(RowMatrix<T>& m) {
    return {m.data(), m.rows(), m.cols(), Eigen::OuterStride<>(m.cols())};
  }
};

template <typename T, typename Distances>
void agree_with_plain_loops(Covariance type, Index n, Index d, Layout layout) {
  const Index components = 4;
  const ExampleMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1), x = mixture.about_origin(a);
  const DenseStorage<T> stored(a, layout);
  const Passes<T, Distances> got(stored.view, mixture.view(), 1);
  const PlainPosterior plain(mixture, x);
  const std::string what = text(type, n, d);
  const Index terms = 3 * d + components;
  check_near<T>(got.log_likelihood, plain.log_likelihood, terms,
                "log-likelihoods: " + what);
  check_near<T>(got.responsibilities, plain.responsibilities, terms,
                "responsibilities: " + what);
  for (Index i = 0; i < n; ++i) {
    Index best = 0;
    plain.log_prob.value.row(i).maxCoeff(&best);
    check(got.label[static_cast<std::size_t>(i)] == best, "labels: " + what);
  }
  BoundedSums distance{RowMatrix<double>(n, components),
                       RowMatrix<double>(n, components)};
  for (Index k = 0; k < components; ++k) {
    const BoundedSums c =
        BoundedSums(x).centred(Mean<T>{mixture.centre.row(k).data(), false});
    distance.value.col(k) = c.value.rowwise().squaredNorm();
    distance.size.col(k) = c.size.rowwise().squaredNorm();
  }
  check_near<T>(got.distance, distance, d, "squared distances: " + what);
}

template <typename T>
void all_types(Index n, Index d, Layout layout) {
  using namespace gmm;
  agree_with_plain_loops<T, FullDistances<T>>(Covariance::full, n, d, layout);
  agree_with_plain_loops<T, TiedDistances<T>>(Covariance::tied, n, d, layout);
  agree_with_plain_loops<T, DiagonalDistances<T>>(Covariance::diagonal, n, d, layout);
  agree_with_plain_loops<T, SphericalDistances<T>>(Covariance::spherical, n, d, layout);
}

/// Components 1 and 3 are equal.
template <typename T>
void of_equal_components_the_first_is_the_label() {
  ExampleMixture<T> mixture(Covariance::tied, 4, 9);
  mixture.centre.row(3) = mixture.centre.row(1);
  mixture.log_weight(0, 3) = mixture.log_weight(0, 1);
  const RowMatrix<T> a = random_matrix<T>(300, 9, 1);
  const DenseStorage<T> stored(a, Layout::by_rows);
  const Passes<T, gmm::TiedDistances<T>> got(stored.view, mixture.view(), 1);
  check(std::count(got.label.begin(), got.label.end(), 1) > 0, "component 1 has rows");
  check(std::count(got.label.begin(), got.label.end(), 3) == 0,
        "component 3 has no rows");
  check(got.responsibilities.col(1) == got.responsibilities.col(3),
        "equal responsibilities");
}

/// Several chunks of rows, and enough work for seven threads.
template <typename T>
void bits_do_not_depend_on_threads(Index n, Index d) {
  const Index components = 31;
  const ExampleMixture<T> mixture(Covariance::full, components, d);
  const DenseStorage<T> stored(random_matrix<T>(n, d, 1), Layout::by_rows);
  check(useful_threads(n * components * (d + 8), 7) == 7,
        "enough work for seven threads");
  const Passes<T, gmm::FullDistances<T>> one(stored.view, mixture.view(), 1);
  for (const int n_threads : {2, 7})
    check(one.same_bits_as({stored.view, mixture.view(), n_threads}),
          "the same bits with " + std::to_string(n_threads) + " threads");
}

template <typename T>
void all() {
  for (const Index d : {1, 7, 8, 9, 31, 33})
    for (const Index n : some_rows) {
      all_types<T>(n, d, Layout::rows_apart);
      all_types<T>(n, d, Layout::columns_apart);
    }
  all_types<T>(5003, 13, Layout::by_rows);  // several chunks
  of_equal_components_the_first_is_the_label<T>();
  bits_do_not_depend_on_threads<T>(12'003, 33);
}

}  // namespace

void run() {
  all<float>();
  all<double>();
}

}  // namespace latentia::testing
