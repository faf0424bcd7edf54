#pragma once

#include "../kernels/gmm/mixture.hpp"
#include "matrices.hpp"

/// Test mixtures, and reference results from plain loops in float64.
namespace latentia::testing {

/// Near the lengths of vectors, and on both sides of `gmm::few_features`.
constexpr Index some_features[] = {1, 2, 7, 8, 9, 10, 13, 16, 31, 32, 33, 65};
/// Near whole groups of rows, and more than the smallest tile.
constexpr Index some_rows[] = {1, 7, 8, 9, 31, 33, 65, 200};

enum class Covariance { full, tied, diagonal, spherical };

inline std::string text(Covariance type, Index n, Index d) {
  constexpr const char* names[] = {"full", "tied", "diagonal", "spherical"};
  return std::string(names[static_cast<int>(type)]) + ", " + std::to_string(n) + " x " +
         std::to_string(d);
}

/// Random centres and precisions. `precision` has every P_k as a matrix,
/// `precision_cholesky` has them as the covariance type stores them.
template <typename T>
struct ExampleMixture {
  RowMatrix<T> origin, centre, log_weight;
  std::vector<RowMatrix<T>> precision;
  std::vector<T> precision_cholesky;

  ExampleMixture(Covariance type, Index components, Index d)
      : origin(random_matrix<T>(1, d, 11)),
        centre(random_matrix<T>(components, d, 12)),
        log_weight(random_matrix<T>(1, components, 13)) {
    for (Index k = 0; k < components; ++k) {
      const auto seed = static_cast<unsigned>(type == Covariance::tied ? 20 : 20 + k);
      const RowMatrix<T> any = random_matrix<T>(d, d, seed) / static_cast<T>(d);
      RowMatrix<T> p = RowMatrix<T>::Identity(d, d) * T(1.5);
      if (type == Covariance::spherical)
        p *= any(0, 0) + T(1.5);
      else if (type == Covariance::diagonal)
        p += any.diagonal().asDiagonal();
      else
        p += any.template triangularView<Eigen::Upper>();
      store(type, p);
      precision.push_back(std::move(p));
    }
  }

  gmm::Mixture<T> view() const {
    return {centre.rows(),
            centre.cols(),
            origin.data(),
            centre.data(),
            precision_cholesky.data(),
            log_weight.data()};
  }

  /// The rows relative to the origin, as in a tile.
  RowMatrix<T> about_origin(const RowMatrix<T>& a) const {
    return a.rowwise() - origin.row(0);
  }

 private:
  void store(Covariance type, const RowMatrix<T>& p) {
    const Index d = p.rows();
    if (type == Covariance::full ||
        (type == Covariance::tied && precision_cholesky.empty()))
      precision_cholesky.insert(precision_cholesky.end(), p.data(), p.data() + d * d);
    if (type == Covariance::diagonal)
      for (Index j = 0; j < d; ++j) precision_cholesky.push_back(p(j, j));
    if (type == Covariance::spherical) precision_cholesky.push_back(p(0, 0));
  }
};

/// ‖P_kᵀ(x − μ_k)‖² (n × K).
template <typename T>
BoundedSums plain_distances(const ExampleMixture<T>& mixture, const RowMatrix<T>& x) {
  const Index n = x.rows(), components = mixture.centre.rows();
  BoundedSums q{RowMatrix<double>(n, components), RowMatrix<double>(n, components)};
  for (Index k = 0; k < components; ++k) {
    const Mean<T> centre{mixture.centre.row(k).data(), false};
    const BoundedSums y = BoundedSums(x).centred(centre) *
                          BoundedSums(mixture.precision[static_cast<std::size_t>(k)]);
    q.value.col(k) = y.value.rowwise().squaredNorm();
    q.size.col(k) = y.size.rowwise().squaredNorm();
  }
  return q;
}

/// log π_k N(x), log p(x) (n × 1) and responsibilities (n × K). An error of log_prob is
/// an error of the same size in log p(x), and twice as large a relative error of the
/// responsibilities.
struct PlainPosterior {
  BoundedSums log_prob, log_likelihood, responsibilities;

  template <typename T>
  PlainPosterior(const ExampleMixture<T>& mixture, const RowMatrix<T>& x)
      : log_prob(plain_distances(mixture, x)),
        log_likelihood(log_prob),
        responsibilities(log_prob) {
    const auto log_weight = mixture.log_weight.row(0).template cast<double>();
    log_prob.value = (log_prob.value / -2).rowwise() + log_weight;
    log_prob.size = (log_prob.size / 2).rowwise() + log_weight.cwiseAbs();
    const Eigen::ArrayXd top = log_prob.value.rowwise().maxCoeff();
    responsibilities.value = (log_prob.value.array().colwise() - top).exp();
    const Eigen::ArrayXd sum = responsibilities.value.rowwise().sum();
    responsibilities.value.array().colwise() /= sum;
    log_likelihood.value = top + sum.log();
    log_likelihood.size = log_prob.size.rowwise().maxCoeff().array() + 1;
    responsibilities.size.colwise() = 2 * log_likelihood.size.col(0);
  }
};

/// Σ r, Σ r c and Σ r c cᵀ with c = x − μ_k.
struct PlainMoments {
  BoundedSums weight, first, square;  // 1 × K, K × d, K·d × d

  /// r (n × K)
  template <typename T>
  PlainMoments(const RowMatrix<T>& x, const RowMatrix<double>& r,
               const RowMatrix<T>& centre)
      : weight(RowMatrix<double>(r.colwise().sum())),
        first(RowMatrix<double>(centre.rows(), x.cols())),
        square(RowMatrix<double>(centre.rows() * x.cols(), x.cols())) {
    const Index d = x.cols();
    for (Index k = 0; k < centre.rows(); ++k) {
      const BoundedSums c =
          BoundedSums(x).centred(Mean<T>{centre.row(k).data(), false});
      const BoundedSums rc{r.col(k).asDiagonal() * c.value,
                           r.col(k).asDiagonal() * c.size};
      const BoundedSums of_k = rc.transpose() * c;
      first.value.row(k) = rc.value.colwise().sum();
      first.size.row(k) = rc.size.colwise().sum();
      square.value.middleRows(k * d, d) = of_k.value;
      square.size.middleRows(k * d, d) = of_k.size;
    }
  }

  /// The second moments of a covariance type: K·d × d, d × d or K × d.
  BoundedSums second(Covariance type) const {
    const Index components = first.value.rows(), d = first.value.cols();
    if (type == Covariance::full) return square;
    const bool tied = type == Covariance::tied;
    const RowMatrix<double> zero = RowMatrix<double>::Zero(tied ? d : components, d);
    BoundedSums result{zero, zero};
    for (Index k = 0; k < components; ++k) {
      const auto value = square.value.middleRows(k * d, d);
      const auto size = square.size.middleRows(k * d, d);
      if (tied) {
        result.value += value;
        result.size += size;
      } else {
        result.value.row(k) = value.diagonal();
        result.size.row(k) = size.diagonal();
      }
    }
    if (tied) {
      // The kernel adds rows before it multiplies: the bound is that of the
      // Cauchy–Schwarz inequality.
      const Eigen::VectorXd root = result.size.diagonal().cwiseSqrt();
      result.size = 2 * root * root.transpose();
    }
    return result;
  }
};

/// Compares the sums of `Moments` with the plain ones.
template <typename T, typename Moments>
void check_moments(const RowMatrix<double>& sums, Covariance type,
                   const PlainMoments& plain, Index n, const std::string& what,
                   std::source_location where = std::source_location::current()) {
  const Index components = plain.first.value.rows(), d = plain.first.value.cols();
  const BoundedSums expected = plain.second(type);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  RowMatrix<double> first = RowMatrix<double>::Constant(components, d, nan);
  RowMatrix<double> second = RowMatrix<double>::Constant(expected.value.rows(), d, nan);
  Moments::unpack(sums, {first.data(), components, d, Eigen::OuterStride<>(d)},
                  second.data());
  check_near<T>(first, plain.first, n, "first moments: " + what, where);
  check_near<T>(second, expected, n, "second moments: " + what, where);
}

}  // namespace latentia::testing
