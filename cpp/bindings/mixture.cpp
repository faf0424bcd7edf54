#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/e_step_statistics.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/init.hpp"
#include "../kernels/gmm/scoring.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/tied.hpp"

namespace latentia::bindings {
namespace {

using gmm::Mixture;
using gmm::SufficientStatistics;

template <typename T>
const T* contiguous(const Array<T>& array, std::vector<Index> shape, const char* name) {
  bool same = array.ndim() == static_cast<py::ssize_t>(shape.size());
  for (std::size_t axis = 0; same && axis < shape.size(); ++axis)
    same = array.shape(static_cast<py::ssize_t>(axis)) == shape[axis];
  require(same, name, "has the wrong shape");
  require(array.size() == 0 || (array.flags() & py::array::c_style), name,
          "must be C-ordered");
  return array.data();
}

template <typename T>
const T* weights_of_rows(const std::optional<Array<T>>& weight, const Dense<T>& x) {
  return weight ? contiguous(*weight, {x.rows}, "sample_weight") : nullptr;
}

/// A mixture with centres only, for the initialisation.
template <typename T>
Mixture<T> centres_of(const Dense<T>& x, const Array<T>& origin,
                      const Array<T>& centre) {
  require(x.cols >= 1, "X", "must have at least one column");
  require(centre.ndim() == 2 && centre.shape(0) >= 1, "centre", "has the wrong shape");
  const Index k = centre.shape(0), d = x.cols;
  return {k,
          d,
          contiguous(origin, {d}, "origin"),
          contiguous(centre, {k, d}, "centre"),
          nullptr,
          nullptr};
}

/// Calls call<Distances, Moments>(shape of the precision factors) for a covariance
/// type.
template <typename T, typename Call>
auto with_covariance(const std::string& type, Index k, Index d, Call&& call) {
  using namespace gmm;
  if (type == "full")
    return call.template operator()<FullDistances<T>, FullMoments<T>>({k, d, d});
  if (type == "tied")
    return call.template operator()<TiedDistances<T>, TiedMoments<T>>({d, d});
  if (type == "diag")
    return call.template operator()<DiagonalDistances<T>, DiagonalMoments<T>>({k, d});
  require(type == "spherical", "covariance_type",
          "must be 'full', 'tied', 'diag' or 'spherical'");
  return call.template operator()<SphericalDistances<T>, DiagonalMoments<T>>({k});
}

/// Calls call<Distances, Moments>(mixture) for a covariance type and its parameters.
template <typename T, typename Call>
auto with_mixture(const std::string& type, const Dense<T>& x, const Array<T>& origin,
                  const Array<T>& centre, const Array<T>& precision_cholesky,
                  const Array<T>& log_weight, Call&& call) {
  Mixture<T> mixture = centres_of(x, origin, centre);
  mixture.log_weight = contiguous(log_weight, {mixture.components}, "log_weight");
  return with_covariance<T>(
      type, mixture.components, mixture.features,
      [&]<typename Distances, typename Moments>(std::vector<Index> shape) {
        mixture.precision_cholesky =
            contiguous(precision_cholesky, std::move(shape), "precision_cholesky");
        return call.template operator()<Distances, Moments>(mixture);
      });
}

/// The statistics of a pass as a tuple (log-likelihood, weight (K), first moments
/// (K × d), second moments).
template <typename Moments>
py::tuple to_python(const SufficientStatistics& sums, Index d,
                    const std::string& type) {
  const Index k = sums.weight.size();
  Array<double> first_moment({k, d});
  Array<double> second_moment(type == "full"   ? std::vector<Index>{k, d, d}
                              : type == "tied" ? std::vector<Index>{d, d}
                                               : std::vector<Index>{k, d});
  Moments::unpack(sums.moments, matrix_view(first_moment, k, d, "first"),
                  second_moment.mutable_data());
  return py::make_tuple(sums.log_likelihood, Array<double>(k, sums.weight.data()),
                        first_moment, second_moment);
}

template <typename T>
py::tuple e_step_statistics(const Dense<T>& x, const std::optional<Array<T>>& weight,
                            const std::string& type, const Array<T>& origin,
                            const Array<T>& centre, const Array<T>& precision_cholesky,
                            const Array<T>& log_weight,
                            const Array<T>& reference_points, int n_threads) {
  const T* w = weights_of_rows(weight, x);
  return with_mixture(
      type, x, origin, centre, precision_cholesky, log_weight,
      [&]<typename Distances, typename Moments>(const Mixture<T>& mixture) {
        Mixture<T> reference = mixture;
        reference.centre =
            contiguous(reference_points, {reference.components, reference.features},
                       "reference_points");
        const SufficientStatistics sums = [&] {
          const py::gil_scoped_release other_python_threads_run_meanwhile;
          const gmm::Posterior<T, Distances> posterior(mixture);
          return gmm::e_step_statistics<Moments>(x, w, reference, posterior, n_threads);
        }();
        return to_python<Moments>(sums, x.cols, type);
      });
}

/// The statistics of an initialisation: each row belongs to the nearest centre, or,
/// with a seed, has random responsibilities.
template <typename T>
py::tuple init_statistics(const Dense<T>& x, const std::optional<Array<T>>& weight,
                          const std::string& type, const Array<T>& origin,
                          const Array<T>& centre, const Array<T>& reference_points,
                          std::optional<std::uint64_t> seed, int n_threads) {
  const T* w = weights_of_rows(weight, x);
  const Mixture<T> centres = centres_of(x, origin, centre);
  Mixture<T> reference = centres;
  reference.centre = contiguous(
      reference_points, {reference.components, reference.features}, "reference_points");
  return with_covariance<T>(
      type, reference.components, reference.features,
      [&]<typename Distances, typename Moments>(std::vector<Index>) {
        const SufficientStatistics sums = [&] {
          const py::gil_scoped_release other_python_threads_run_meanwhile;
          if (seed)
            return gmm::e_step_statistics<Moments>(
                x, w, reference, gmm::RandomResponsibilities<T>(*seed), n_threads);
          return gmm::e_step_statistics<Moments>(
              x, w, reference, gmm::NearestCentre<T>(centres), n_threads);
        }();
        return to_python<Moments>(sums, x.cols, type);
      });
}

template <typename T>
void mixture_labels(const Dense<T>& x, const std::string& type, const Array<T>& origin,
                    const Array<T>& centre, const Array<T>& precision_cholesky,
                    const Array<T>& log_weight, Array<std::int64_t> out,
                    int n_threads) {
  contiguous(out, {x.rows}, "out");
  std::int64_t* to = out.mutable_data();
  with_mixture(type, x, origin, centre, precision_cholesky, log_weight,
               [&]<typename Distances, typename>(const Mixture<T>& mixture) {
                 const py::gil_scoped_release other_python_threads_run_meanwhile;
                 gmm::labels<Distances>(x, mixture, to, n_threads);
               });
}

template <typename T>
void mixture_log_likelihood(const Dense<T>& x, const std::string& type,
                            const Array<T>& origin, const Array<T>& centre,
                            const Array<T>& precision_cholesky,
                            const Array<T>& log_weight, Array<T> out, int n_threads) {
  contiguous(out, {x.rows}, "out");
  T* to = out.mutable_data();
  with_mixture(type, x, origin, centre, precision_cholesky, log_weight,
               [&]<typename Distances, typename>(const Mixture<T>& mixture) {
                 const py::gil_scoped_release other_python_threads_run_meanwhile;
                 gmm::log_likelihood<Distances>(x, mixture, to, n_threads);
               });
}

template <typename T>
void mixture_responsibilities(const Dense<T>& x, const std::string& type,
                              const Array<T>& origin, const Array<T>& centre,
                              const Array<T>& precision_cholesky,
                              const Array<T>& log_weight, Array<T> out, int n_threads) {
  const Index k = centres_of(x, origin, centre).components;
  auto to = matrix_view(out, x.rows, k, "out");
  with_mixture(type, x, origin, centre, precision_cholesky, log_weight,
               [&]<typename Distances, typename>(const Mixture<T>& mixture) {
                 const py::gil_scoped_release other_python_threads_run_meanwhile;
                 gmm::responsibilities<Distances>(x, mixture, to, n_threads);
               });
}

template <typename T>
void squared_distances(const Dense<T>& x, const Array<T>& origin,
                       const Array<T>& centre, Array<T> out, int n_threads) {
  const Mixture<T> reference = centres_of(x, origin, centre);
  auto to = matrix_view(out, x.rows, reference.components, "out");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  gmm::squared_distances(x, reference, to, n_threads);
}

template <typename T>
void bind(py::module_& m) {
  const auto x = py::arg("X"), type = py::arg("covariance_type");
  const auto weight = py::arg("sample_weight").noconvert();
  const auto origin = py::arg("origin").noconvert();
  const auto centre = py::arg("centre").noconvert();
  const auto precision_cholesky = py::arg("precision_cholesky").noconvert();
  const auto log_weight = py::arg("log_weight").noconvert();
  const auto reference_points = py::arg("reference_points").noconvert();
  const auto out = py::arg("out").noconvert();
  const auto n_threads = py::arg("n_threads");
  m.def("e_step_statistics", &e_step_statistics<T>, x, weight, type, origin, centre,
        precision_cholesky, log_weight, reference_points, n_threads);
  m.def("init_statistics", &init_statistics<T>, x, weight, type, origin, centre,
        reference_points, py::arg("seed"), n_threads);
  m.def("mixture_labels", &mixture_labels<T>, x, type, origin, centre,
        precision_cholesky, log_weight, out, n_threads);
  m.def("mixture_log_likelihood", &mixture_log_likelihood<T>, x, type, origin, centre,
        precision_cholesky, log_weight, out, n_threads);
  m.def("mixture_responsibilities", &mixture_responsibilities<T>, x, type, origin,
        centre, precision_cholesky, log_weight, out, n_threads);
  m.def("squared_distances", &squared_distances<T>, x, origin, centre, out, n_threads);
}

}  // namespace

void bind_mixture(py::module_& m) {
  bind<float>(m);
  bind<double>(m);
}

}  // namespace latentia::bindings
