#pragma once

#include "posterior.hpp"

/// The pass of an EM iteration: responsibilities, and the sufficient statistics that
/// the M-step needs, in one read of the rows.
///
///     X (n × d), weight (n), K components
namespace latentia::gmm {

/// Σ w·log p(x), Σ r of each component, and the moments in the layout of `Moments`.
struct SufficientStatistics {
  double log_likelihood = 0;
  Eigen::ArrayXd weight;
  RowMatrix<double> moments;
};

/// The sum of the chunks' statistics, in the order of the chunks.
inline SufficientStatistics sum_of_chunks(std::vector<SufficientStatistics>& partial,
                                          int n_threads) {
  SufficientStatistics total = std::move(partial[0]);
  std::vector<RowMatrix<double>> moments;
  moments.push_back(std::move(total.moments));
  for (std::size_t c = 1; c < partial.size(); ++c) {
    total.log_likelihood += partial[c].log_likelihood;
    total.weight += partial[c].weight;
    moments.push_back(std::move(partial[c].moments));
  }
  total.moments.resize(moments[0].rows(), moments[0].cols());
  sum_in_order(moments, total.moments, n_threads);
  return total;
}

/// Replaces r by r·w, or by zero if r is negligible. Returns the sum.
template <typename T>
double apply_sample_weights(T* r, const Row<T>& w) {
  using Vector = typename Simd<T>::Vector;
  Vector sum = {};
  for (Index i = 0; i < w.size(); i += Simd<T>::lanes) {
    Vector& responsibility = vector_at(r + i);
    responsibility = responsibility > negligible<T>
                         ? responsibility * vector_at(w.data() + i)
                         : Vector{};
    sum += responsibility;
  }
  return sum_of_lanes<T>(sum);
}

/// `rule` computes the responsibilities of a tile. While the tile is in L2, its moments
/// about the centres of `reference` are added to the sums. There is no n × K array.
template <typename Moments, typename T>
SufficientStatistics e_step_statistics(
    const Dense<T>& x, const T* weight, const Mixture<T>& reference,
    const std::type_identity_t<ResponsibilityRule<T>>& rule, int n_threads) {
  const Index components = reference.components, d = x.cols,
              capacity = CentredTile<T>::capacity(d);
  const Index bytes_per_chunk =
      Moments::size(components, d) * static_cast<Index>(sizeof(double));
  // With 4·d rows in a chunk, adding up its sums costs little compared with its
  // moments. The bytes are capped so that the limit of 32 MiB allows four chunks at
  // least: many covariances would otherwise leave one chunk, and one thread.
  const Chunks chunks = Chunks::for_sums(x.rows, std::max(2 * capacity, 4 * d),
                                         std::min(bytes_per_chunk, Index{8} << 20));
  std::vector<SufficientStatistics> partial(static_cast<std::size_t>(chunks.count));
  // An estimate for all covariance types: 4·d for distances and moments, and 32 for the
  // exponential, per row and component.
  const int team_size = useful_threads(x.rows * components * (d + 8) * 4, n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    SufficientStatistics& sums = partial[static_cast<std::size_t>(c)];
    sums.weight.setZero(components);
    CentredTile<T> tile(d);
    Moments moments(components, d);
    RowMatrix<T> r = RowMatrix<T>::Zero(components, capacity);
    Row<T> log_likelihood, w;
    for_each_tile(
        x, reference.origin, chunks.begin(c), chunks.end(c), tile, [&](Index first) {
          const Index n = tile.count;
          rule(tile, r, log_likelihood);
          w.setZero(tile.padded_rows());
          if (weight)
            w.head(n) = Eigen::Map<const Row<T>>(weight + first, n);
          else
            w.head(n) = T{1};
          sums.log_likelihood +=
              (log_likelihood.template cast<double>() * w.template cast<double>())
                  .sum();
          for (Index k = 0; k < components; ++k)
            sums.weight[k] += apply_sample_weights(r.row(k).data(), w);
          moments.add(tile, r, reference.centre);
        });
    moments.finish_chunk(reference.centre);
    sums.moments.swap(moments.sum);
  });
  return sum_of_chunks(partial, n_threads);
}

}  // namespace latentia::gmm
