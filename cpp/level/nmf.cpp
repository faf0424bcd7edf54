#include "../kernels/nmf/frobenius.hpp"
#include "../kernels/nmf/observed_hals.hpp"
#include "instances.hpp"

namespace latentia::level {
namespace {

/// Calls call(rule) for an update rule. Writes FᵀF to `gram` and returns ⟨F, P⟩.
template <typename T, typename Call>
double with_rule(const UpdateRule<T>& rule, const RowMajor<double>& gram, Call&& call) {
  const auto hht = view_of(rule.gram);
  const nmf::FactorSums sums =
      rule.hals ? call(nmf::Hals<T>(hht, rule.penalty, rule.sweeps, rule.order))
                : call(nmf::Multiplicative<T>(hht, rule.penalty));
  view_of(gram) = sums.gram.topLeftCorner(gram.rows, gram.cols);
  return sums.cross_term;
}

}  // namespace

template <typename T>
std::shared_ptr<nmf::Workspace<T>> Factors<T>::workspace() {
  return std::make_shared<nmf::Workspace<T>>();
}

template <typename T>
double Factors<T>::update(const RowMajor<T>& w, const RowMajor<const T>& p,
                          const UpdateRule<T>& rule, const RowMajor<double>& gram,
                          int n_threads) {
  return with_rule(rule, gram, [&](const auto& update) {
    return nmf::update<T>(view_of(w), view_of(p), update, n_threads);
  });
}

template <typename Matrix>
double Frobenius<Matrix>::pass(const Matrix& a,
                               [[maybe_unused]] const Matrix* transposed,
                               const RowMajor<T>& w, const RowMajor<const T>& ht,
                               const UpdateRule<T>& rule, const RowMajor<T>& at_w,
                               nmf::Workspace<T>& workspace,
                               const RowMajor<double>& gram, int n_threads) {
  return with_rule(rule, gram, [&](const auto& update) {
    if constexpr (!std::is_same_v<Matrix, Dense<T>>)
      if (transposed)
        return nmf::frobenius_pass<T>(a, *transposed, view_of(w), view_of(ht), update,
                                      view_of(at_w), workspace, n_threads);
    return nmf::frobenius_pass<T>(a, view_of(w), view_of(ht), update, view_of(at_w),
                                  workspace, n_threads);
  });
}

template <typename Sparse>
double Observed<Sparse>::hals_pass(const Sparse& a, const RowMajor<T>& w,
                                   const RowMajor<const T>& ht,
                                   const nmf::Penalty<T>& penalty, int sweeps,
                                   const nmf::CoordinateOrder& order,
                                   nmf::Workspace<T>& workspace, int n_threads) {
  return nmf::observed_hals_pass<T>(a, view_of(w), view_of(ht), penalty, sweeps, order,
                                    workspace, n_threads);
}

template struct Factors<float>;
template struct Factors<double>;
LATENTIA_FOR_EACH_MATRIX(Frobenius)
LATENTIA_FOR_SPARSE(Observed)

}  // namespace latentia::level
