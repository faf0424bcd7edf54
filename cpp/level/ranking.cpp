#include "../kernels/ranking/metrics.hpp"
#include "../kernels/ranking/top_items.hpp"
#include "instances.hpp"

namespace latentia::level {

template <typename Sparse>
void Ranking<Sparse>::top_of_product(const RowMajor<const T>& w,
                                     const RowMajor<const T>& ht, const Sparse* exclude,
                                     const RowMajor<std::int64_t>& items,
                                     const RowMajor<T>& scores, int n_threads) {
  ranking::top_of_product<T>(view_of(w), view_of(ht), exclude, view_of(items),
                             view_of(scores), n_threads);
}

template <typename Sparse>
void Ranking<Sparse>::top_of_scores(const RowMajor<const T>& s, const Sparse* exclude,
                                    const RowMajor<std::int64_t>& items,
                                    const RowMajor<T>& scores, int n_threads) {
  ranking::top_of_scores<T>(view_of(s), exclude, view_of(items), view_of(scores),
                            n_threads);
}

template <typename Sparse>
void Ranking<Sparse>::metrics(const RowMajor<const std::int64_t>& list,
                              const Sparse& relevant, std::span<const Index> depths,
                              std::span<const double> information,
                              const RowMajor<double>& out, int n_threads) {
  ranking::metrics<T>(view_of(list), relevant, depths, information, view_of(out),
                      n_threads);
}

LATENTIA_FOR_SPARSE(Ranking)

}  // namespace latentia::level
