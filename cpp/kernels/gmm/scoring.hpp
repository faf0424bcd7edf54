#pragma once

#include "posterior.hpp"
#include "spherical.hpp"

/// Passes that write results for every row: labels, log-likelihoods, responsibilities
/// and distances.
///
///     X (n × d), K components
namespace latentia::gmm {

/// Calls write(tile, first row, buffer (K × capacity)) for all tiles.
template <typename T, typename Write>
void for_rows(const Dense<T>& x, const Mixture<T>& mixture, int n_threads,
              Write&& write) {
  const Index components = mixture.components,
              capacity = CentredTile<T>::capacity(x.cols);
  // At most 64 chunks, of four tiles at least: each chunk allocates its buffers.
  const Chunks chunks =
      Chunks::with_max_rows(x.rows, std::max(4 * capacity, x.rows / 64));
  const int team_size = useful_threads(x.rows * components * (x.cols + 8), n_threads);
  parallel_for(chunks.count, team_size, [&](Index c) {
    CentredTile<T> tile(x.cols);
    RowMatrix<T> values(components, capacity);
    for_each_tile(x, mixture.origin, chunks.begin(c), chunks.end(c), tile,
                  [&](Index first) { write(tile, first, values); });
  });
}

/// out(row) = argmax_k log π_k N(x; μ_k, Σ_k), the first of equal ones.
template <typename T>
void labels(const Dense<T>& x, const Mixture<T>& mixture,
            const DistanceRule<T>& distances, std::int64_t* out, int n_threads) {
  for_rows(x, mixture, n_threads,
           [&](const CentredTile<T>& tile, Index first, RowMatrix<T>& log_prob) {
             distances(tile, log_prob);
             log_prob_from_distances(mixture, tile.padded_rows(), log_prob);
             for (Index i = 0; i < tile.count; ++i) {
               Index best = 0;
               for (Index k = 1; k < log_prob.rows(); ++k)
                 if (log_prob(k, i) > log_prob(best, i)) best = k;
               out[first + i] = best;
             }
           });
}

/// out(row) = log p(x).
template <typename T>
void log_likelihood(const Dense<T>& x, const Mixture<T>& mixture,
                    const DistanceRule<T>& distances, T* out, int n_threads) {
  const Posterior<T> posterior(mixture, distances);
  for_rows(x, mixture, n_threads,
           [&](const CentredTile<T>& tile, Index first, RowMatrix<T>& r) {
             Row<T> row_log_likelihood;
             posterior(tile, r, row_log_likelihood);
             std::copy(row_log_likelihood.data(),
                       row_log_likelihood.data() + tile.count, out + first);
           });
}

/// out (n × K) = the posterior probabilities of the components.
template <typename T>
void responsibilities(const Dense<T>& x, const Mixture<T>& mixture,
                      const DistanceRule<T>& distances, MatrixView<T> out,
                      int n_threads) {
  const Posterior<T> posterior(mixture, distances);
  for_rows(x, mixture, n_threads,
           [&](const CentredTile<T>& tile, Index first, RowMatrix<T>& r) {
             Row<T> row_log_likelihood;
             posterior(tile, r, row_log_likelihood);
             out.middleRows(first, tile.count) = r.leftCols(tile.count).transpose();
           });
}

/// out (n × K) = ‖x − centre_k‖².
template <typename T>
void squared_distances(const Dense<T>& x, const Mixture<T>& mixture, MatrixView<T> out,
                       int n_threads) {
  for_rows(x, mixture, n_threads,
           [&](const CentredTile<T>& tile, Index first, RowMatrix<T>& q) {
             euclidean_distances(tile, mixture, q);
             out.middleRows(first, tile.count) = q.leftCols(tile.count).transpose();
           });
}

}  // namespace latentia::gmm
