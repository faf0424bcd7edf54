#include "../kernels/gmm/posterior.hpp"

#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/e_step_statistics.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/tied.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

using gmm::group_rows;

template <typename T>
constexpr double eps = static_cast<double>(std::numeric_limits<T>::epsilon());

/// The responsibilities of each row are not negative and their sum is 1.
template <typename T>
void check_responsibilities(const RowMatrix<T>& r, Index rows,
                            const std::string& what) {
  const Eigen::ArrayXd sum =
      r.leftCols(rows).template cast<double>().colwise().sum().transpose();
  check(((sum - 1).abs() <= static_cast<double>(r.rows() + 4) * eps<T>).all() &&
            (r.leftCols(rows).array() >= 0).all(),
        what);
}

/// Every entry is within the rounding error of numbers up to 4000, or both are
/// infinite.
template <typename T, typename Array>
void check_close(const Array& got, const Eigen::ArrayXXd& expected,
                 const std::string& what) {
  const Eigen::ArrayXXd padded_rows = got.template cast<double>();
  check((padded_rows == expected || (padded_rows - expected).abs() <= 4000 * eps<T>)
            .all(),
        what);
}

/// Distances from 0 to 4000, so that most exponentials underflow, and a component of
/// weight zero. Seven more columns must not be changed.
template <typename T>
void responsibilities_follow_from_distances(Index components) {
  const Index rows = 3 * group_rows<T>;
  const RowMatrix<T> q =
      (random_matrix<T>(components, rows + 7, 1).array() + 1) * T(2000);
  RowMatrix<T> log_weight = random_matrix<T>(1, components, 2), r = q;
  if (components > 1) log_weight(0, 1) = -std::numeric_limits<T>::infinity();
  const gmm::Mixture<T> mixture{components, 1,       nullptr,
                                nullptr,    nullptr, log_weight.data()};
  gmm::log_prob_from_distances(mixture, rows, r);
  const Eigen::ArrayXXd log_prob = r.leftCols(rows).template cast<double>();
  const Eigen::ArrayXd offset = log_weight.row(0).template cast<double>();
  const Eigen::ArrayXXd half = q.leftCols(rows).template cast<double>() / 2;
  check_close<T>(log_prob, (-half).colwise() + offset, "log-probabilities");

  const gmm::Row<T> log_likelihood = gmm::posterior_from_log_prob(rows, r);
  const Eigen::Array<double, 1, Eigen::Dynamic> top = log_prob.colwise().maxCoeff();
  const Eigen::ArrayXXd part = (log_prob.rowwise() - top).exp();
  const Eigen::Array<double, 1, Eigen::Dynamic> sum = part.colwise().sum();
  check_close<T>(log_likelihood, top + sum.log(), "log-sum-exp");
  check_close<T>(r.leftCols(rows).array(), part.rowwise() / sum, "responsibilities");
  check_responsibilities(r, rows, "sums of responsibilities are 1");
  check(r.rightCols(7) == q.rightCols(7), "other columns are not changed");
}

/// The squared distance of an outlier overflows in float32. Its responsibilities still
/// have the sum 1, and its log-likelihood is finite.
template <typename Distances>
void an_outlier_stays_finite(Covariance type, Index d) {
  const ExampleMixture<float> mixture(type, 3, d);
  RowMatrix<float> a = random_matrix<float>(9, d, 1);
  a.row(4).setConstant(1e30f);
  const DenseStorage<float> stored(a, Layout::by_rows);
  gmm::CentredTile<float> tile(d);
  tile.read(stored.view, mixture.origin.data(), 0, 9);
  RowMatrix<float> q(3, gmm::CentredTile<float>::capacity(d));
  const Distances distances(mixture.view());
  distances(tile, q);
  check(std::isinf(q(0, 4)), "the square overflows");
  gmm::Row<float> log_likelihood;
  gmm::Posterior<float>{mixture.view(), distances}(tile, q, log_likelihood);
  check(log_likelihood.allFinite(), "log-likelihoods are finite");
  check_responsibilities(q, tile.padded_rows(), "sums with an outlier are 1");
}

/// r·w and its sum. An r of ε² or less counts as zero for any weight.
template <typename T>
void sample_weights_are_applied() {
  const Index n = 2 * group_rows<T>;
  RowMatrix<T> r = random_matrix<T>(1, n, 1).cwiseAbs();
  gmm::Row<T> w = random_matrix<T>(1, n, 2).cwiseMax(T{0}).array();
  w.head(4) = T{1e6};
  r(0, 1) = gmm::negligible<T>;
  r(0, 2) = 2 * gmm::negligible<T>;
  r(0, 3) = 0;
  RowMatrix<T> expected = r.array() * w;
  expected(0, 1) = 0;
  const double total = gmm::apply_sample_weights(r.data(), w);
  check(r == expected, "r·w");
  check(expected(0, 2) > 0, "r > ε² is not zero");
  const double plain = expected.template cast<double>().sum();
  check(std::abs(total - plain) <= static_cast<double>(n) * eps<T> * plain, "the sum");
}

template <typename T>
void all() {
  for (const Index components : {1, 2, 3, 13})
    responsibilities_follow_from_distances<T>(components);
  sample_weights_are_applied<T>();
}

}  // namespace

void run() {
  all<float>();
  all<double>();
  for (const Index d : {1, 7, 9, 33}) {
    an_outlier_stays_finite<gmm::FullDistances<float>>(Covariance::full, d);
    an_outlier_stays_finite<gmm::TiedDistances<float>>(Covariance::tied, d);
    an_outlier_stays_finite<gmm::DiagonalDistances<float>>(Covariance::diagonal, d);
    an_outlier_stays_finite<gmm::SphericalDistances<float>>(Covariance::spherical, d);
  }
}

}  // namespace latentia::testing
