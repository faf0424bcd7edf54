#pragma once

#include "posterior.hpp"

/// The pass of an iteration: E- and M-step in one read of the rows.
///
///     X (n × d), weight (n), K components
namespace latentia::gmm {

/// What an iteration adds up: Σ w·gain, and each component's Σ r; the moments are in
/// one matrix, laid out by `Moments`.
struct Sums {
  double gain = 0;
  Eigen::ArrayXd weight;
  RowMatrix<double> moments;
};

/// The runs' sums in the order of the runs.
inline Sums in_order(std::vector<Sums>& partial, int n_threads) {
  Sums total = std::move(partial[0]);
  std::vector<RowMatrix<double>> moments;
  moments.push_back(std::move(total.moments));
  for (std::size_t c = 1; c < partial.size(); ++c) {
    total.gain += partial[c].gain;
    total.weight += partial[c].weight;
    moments.push_back(std::move(partial[c].moments));
  }
  total.moments.resize(moments[0].rows(), moments[0].cols());
  sum_in_order(moments, total.moments, n_threads);
  return total;
}

/// r·w in place of r, what is negligible as zero; returns the sum.
template <typename T>
double weigh(T* r, const Row<T>& w) {
  using Vector = typename Simd<T>::Vector;
  Vector sum = {};
  for (Index i = 0; i < w.size(); i += Simd<T>::lanes) {
    Vector& share = vector_at(r + i);
    share = share > negligible<T> ? share * vector_at(w.data() + i) : Vector{};
    sum += share;
  }
  return sum_of_lanes<T>(sum);
}

/// E and M in one read: the responsibilities of a tile are worked out by `rule`, and
/// its moments about `about`'s centres are added while it lies in L2. Never an n × K
/// array.
template <typename Moments, typename T, typename Rule>
Sums em_pass(const Dense<T>& x, const T* weight, const Mixture<T>& about,
             const Rule& rule, int n_threads) {
  const Index components = about.components, d = x.cols, most = Tile<T>::most(d);
  const Index bytes = Moments::size(components, d) * static_cast<Index>(sizeof(double));
  // A run long enough to be worth its sums. At least four runs, even if that takes four
  // times the memory of the covariances.
  const Chunks chunks = Chunks::for_sums(x.rows, std::max(2 * most, 4 * d),
                                         std::min(bytes, Index{8} << 20));
  std::vector<Sums> partial(static_cast<std::size_t>(chunks.count));
  const int team = worth(x.rows * components * (d + 8) * 4, n_threads);
  parallel_for(chunks.count, team, [&](Index c) {
    Sums& sums = partial[static_cast<std::size_t>(c)];
    sums.weight.setZero(components);
    Tile<T> tile(d);
    Moments moments(components, d);
    RowMatrix<T> r = RowMatrix<T>::Zero(components, most);
    Row<T> gain, w;
    for_each_tile(
        x, about.origin, chunks.begin(c), chunks.end(c), tile, [&](Index first) {
          const Index n = tile.count;
          rule(tile, r, gain);
          w.setZero(tile.wide());
          if (weight)
            w.head(n) = Eigen::Map<const Row<T>>(weight + first, n);
          else
            w.head(n) = T{1};
          sums.gain += (gain.template cast<double>() * w.template cast<double>()).sum();
          for (Index k = 0; k < components; ++k)
            sums.weight[k] += weigh(r.row(k).data(), w);
          moments.add(tile, r, about.centre);
        });
    moments.close(about.centre);
    sums.moments.swap(moments.sum);
  });
  return in_order(partial, n_threads);
}

}  // namespace latentia::gmm
