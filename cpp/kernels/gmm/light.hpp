#pragma once

#include "posterior.hpp"
#include "spherical.hpp"

/// Light passes: what a mixture says of every row, without sums.
///
///     X (n × d), K components
namespace latentia::gmm {

/// write(tile, first row) for all rows, which do not meet in a sum.
template <typename T, typename Write>
void for_rows(const Dense<T>& x, const Mixture<T>& about, int n_threads,
              Write&& write) {
  const Index components = about.components, most = Tile<T>::most(x.cols);
  const Chunks chunks = Chunks::of_rows(x.rows, std::max(4 * most, x.rows / 64));
  const int team = worth(x.rows * components * (x.cols + 8), n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    Tile<T> tile(x.cols);
    RowMatrix<T> values(components, most);
    for_each_tile(x, about.origin, chunks.begin(c), chunks.end(c), tile,
                  [&](Index first) { write(tile, first, values); });
  });
}

/// labels(row) = argmax_k log π_k N(x; μ_k, Σ_k); of equals the first.
template <typename Distances, typename T>
void labels(const Dense<T>& x, const Mixture<T>& mixture, std::int64_t* out,
            int n_threads) {
  const Distances distances(mixture);
  for_rows(x, mixture, n_threads,
           [&](const Tile<T>& tile, Index first, RowMatrix<T>& log_prob) {
             distances(tile, log_prob);
             to_log_prob(mixture, tile.wide(), log_prob);
             for (Index i = 0; i < tile.count; ++i) {
               Index best = 0;
               for (Index k = 1; k < log_prob.rows(); ++k)
                 if (log_prob(k, i) > log_prob(best, i)) best = k;
               out[first + i] = best;
             }
           });
}

/// out(row) = log p(x).
template <typename Distances, typename T>
void log_likelihood(const Dense<T>& x, const Mixture<T>& mixture, T* out,
                    int n_threads) {
  const Posterior<T, Distances> posterior(mixture);
  for_rows(x, mixture, n_threads,
           [&](const Tile<T>& tile, Index first, RowMatrix<T>& r) {
             Row<T> gain;
             posterior(tile, r, gain);
             std::copy(gain.data(), gain.data() + tile.count, out + first);
           });
}

/// out (n × K) = the posterior probabilities of the components.
template <typename Distances, typename T>
void responsibilities(const Dense<T>& x, const Mixture<T>& mixture, NarrowOut<T> out,
                      int n_threads) {
  const Posterior<T, Distances> posterior(mixture);
  for_rows(x, mixture, n_threads,
           [&](const Tile<T>& tile, Index first, RowMatrix<T>& r) {
             Row<T> gain;
             posterior(tile, r, gain);
             out.middleRows(first, tile.count) = r.leftCols(tile.count).transpose();
           });
}

/// out (n × K) = ‖x − centre_k‖².
template <typename T>
void squared_distances(const Dense<T>& x, const Mixture<T>& about, NarrowOut<T> out,
                       int n_threads) {
  for_rows(x, about, n_threads, [&](const Tile<T>& tile, Index first, RowMatrix<T>& q) {
    euclidean_distances(tile, about, q);
    out.middleRows(first, tile.count) = q.leftCols(tile.count).transpose();
  });
}

}  // namespace latentia::gmm
