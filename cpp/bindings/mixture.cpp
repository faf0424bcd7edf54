#include "arrays.hpp"
#include "bindings.hpp"
// Python's headers come first.
#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/em.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/light.hpp"
#include "../kernels/gmm/spherical.hpp"
#include "../kernels/gmm/start.hpp"
#include "../kernels/gmm/tied.hpp"

namespace latentia::bindings {
namespace {

using gmm::Mixture;
using gmm::Sums;

template <typename T>
const T* contiguous(const Array<T>& array, std::vector<Index> shape, const char* name) {
  bool same = array.ndim() == static_cast<py::ssize_t>(shape.size());
  for (std::size_t axis = 0; same && axis < shape.size(); ++axis)
    same = array.shape(static_cast<py::ssize_t>(axis)) == shape[axis];
  require(same, name, "has the wrong shape");
  require(array.size() == 0 || (array.flags() & py::array::c_style), name,
          "is not C-ordered");
  return array.data();
}

template <typename T>
const T* weights_of_rows(const std::optional<Array<T>>& weight, const Dense<T>& x) {
  return weight ? contiguous(*weight, {x.rows}, "sample_weight") : nullptr;
}

/// Centres alone: what a start knows of the mixture.
template <typename T>
Mixture<T> centres_of(const Dense<T>& x, const Array<T>& origin,
                      const Array<T>& centre) {
  require(x.cols >= 1, "X", "has no columns");
  require(centre.ndim() == 2 && centre.shape(0) >= 1, "centre", "has the wrong shape");
  const Index k = centre.shape(0), d = x.cols;
  return {k,
          d,
          contiguous(origin, {d}, "origin"),
          contiguous(centre, {k, d}, "centre"),
          nullptr,
          nullptr};
}

/// call.template operator()<Distances, Moments>(shape of the factors) for a name.
template <typename T, typename Call>
auto with_covariance(const std::string& type, Index k, Index d, Call&& call) {
  using namespace gmm;
  if (type == "full")
    return call.template operator()<FullDistances<T>, FullMoments<T>>({k, d, d});
  if (type == "tied")
    return call.template operator()<TiedDistances<T>, TiedMoments<T>>({d, d});
  if (type == "diag")
    return call.template operator()<DiagonalDistances<T>, DiagonalMoments<T>>({k, d});
  require(type == "spherical", "covariance_type", "is unknown");
  return call.template operator()<SphericalDistances<T>, DiagonalMoments<T>>({k});
}

/// call.template operator()<Distances>(mixture) for a name and its parameters.
template <typename T, typename Call>
auto with_mixture(const std::string& type, const Dense<T>& x, const Array<T>& origin,
                  const Array<T>& centre, const Array<T>& factor,
                  const Array<T>& log_weight, Call&& call) {
  Mixture<T> mixture = centres_of(x, origin, centre);
  mixture.log_weight = contiguous(log_weight, {mixture.components}, "log_weight");
  return with_covariance<T>(
      type, mixture.components, mixture.features,
      [&]<typename Distances, typename Moments>(std::vector<Index> shape) {
        mixture.factor = contiguous(factor, std::move(shape), "factor");
        return call.template operator()<Distances, Moments>(mixture);
      });
}

/// (gain, weight (K), first (K × d), second): the sums of a pass as NumPy arrays.
template <typename Moments>
py::tuple to_python(const Sums& sums, Index d, const std::string& type) {
  const Index k = sums.weight.size();
  Array<double> first({k, d});
  Array<double> second(type == "full"   ? std::vector<Index>{k, d, d}
                       : type == "tied" ? std::vector<Index>{d, d}
                                        : std::vector<Index>{k, d});
  Moments::finish(sums.moments, narrow_out(first, k, d, "first"),
                  second.mutable_data());
  return py::make_tuple(sums.gain, Array<double>(k, sums.weight.data()), first, second);
}

template <typename T>
py::tuple em_pass(const Dense<T>& x, const std::optional<Array<T>>& weight,
                  const std::string& type, const Array<T>& origin,
                  const Array<T>& centre, const Array<T>& factor,
                  const Array<T>& log_weight, const Array<T>& points, int n_threads) {
  const T* w = weights_of_rows(weight, x);
  return with_mixture(
      type, x, origin, centre, factor, log_weight,
      [&]<typename Distances, typename Moments>(const Mixture<T>& mixture) {
        Mixture<T> about = mixture;
        about.centre = contiguous(points, {about.components, about.features}, "points");
        const Sums sums = [&] {
          const py::gil_scoped_release other_python_threads_run_meanwhile;
          const gmm::Posterior<T, Distances> posterior(mixture);
          return gmm::em_pass<Moments>(x, w, about, posterior, n_threads);
        }();
        return to_python<Moments>(sums, x.cols, type);
      });
}

/// The sums of a start: the rows belong to the nearest centre, or (with a seed) to
/// every component by chance.
template <typename T>
py::tuple start_pass(const Dense<T>& x, const std::optional<Array<T>>& weight,
                     const std::string& type, const Array<T>& origin,
                     const Array<T>& centre, const Array<T>& points,
                     std::optional<std::uint64_t> seed, int n_threads) {
  const T* w = weights_of_rows(weight, x);
  const Mixture<T> centres = centres_of(x, origin, centre);
  Mixture<T> about = centres;
  about.centre = contiguous(points, {about.components, about.features}, "points");
  return with_covariance<T>(
      type, about.components, about.features,
      [&]<typename Distances, typename Moments>(std::vector<Index>) {
        const Sums sums = [&] {
          const py::gil_scoped_release other_python_threads_run_meanwhile;
          if (seed)
            return gmm::em_pass<Moments>(x, w, about, gmm::Random<T>(*seed), n_threads);
          return gmm::em_pass<Moments>(x, w, about, gmm::Nearest<T>(centres),
                                       n_threads);
        }();
        return to_python<Moments>(sums, x.cols, type);
      });
}

template <typename T>
void mixture_labels(const Dense<T>& x, const std::string& type, const Array<T>& origin,
                    const Array<T>& centre, const Array<T>& factor,
                    const Array<T>& log_weight, Array<std::int64_t> out,
                    int n_threads) {
  contiguous(out, {x.rows}, "out");
  std::int64_t* to = out.mutable_data();
  with_mixture(type, x, origin, centre, factor, log_weight,
               [&]<typename Distances, typename>(const Mixture<T>& mixture) {
                 const py::gil_scoped_release other_python_threads_run_meanwhile;
                 gmm::labels<Distances>(x, mixture, to, n_threads);
               });
}

template <typename T>
void mixture_log_likelihood(const Dense<T>& x, const std::string& type,
                            const Array<T>& origin, const Array<T>& centre,
                            const Array<T>& factor, const Array<T>& log_weight,
                            Array<T> out, int n_threads) {
  contiguous(out, {x.rows}, "out");
  T* to = out.mutable_data();
  with_mixture(type, x, origin, centre, factor, log_weight,
               [&]<typename Distances, typename>(const Mixture<T>& mixture) {
                 const py::gil_scoped_release other_python_threads_run_meanwhile;
                 gmm::log_likelihood<Distances>(x, mixture, to, n_threads);
               });
}

template <typename T>
void mixture_responsibilities(const Dense<T>& x, const std::string& type,
                              const Array<T>& origin, const Array<T>& centre,
                              const Array<T>& factor, const Array<T>& log_weight,
                              Array<T> out, int n_threads) {
  const Index k = centres_of(x, origin, centre).components;
  auto to = narrow_out(out, x.rows, k, "out");
  with_mixture(type, x, origin, centre, factor, log_weight,
               [&]<typename Distances, typename>(const Mixture<T>& mixture) {
                 const py::gil_scoped_release other_python_threads_run_meanwhile;
                 gmm::responsibilities<Distances>(x, mixture, to, n_threads);
               });
}

template <typename T>
void squared_distances(const Dense<T>& x, const Array<T>& origin,
                       const Array<T>& centre, Array<T> out, int n_threads) {
  const Mixture<T> about = centres_of(x, origin, centre);
  auto to = narrow_out(out, x.rows, about.components, "out");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  gmm::squared_distances(x, about, to, n_threads);
}

template <typename T>
void bind(py::module_& m) {
  const auto x = py::arg("X"), type = py::arg("covariance_type");
  const auto weight = py::arg("sample_weight").noconvert();
  const auto origin = py::arg("origin").noconvert();
  const auto centre = py::arg("centre").noconvert();
  const auto factor = py::arg("factor").noconvert();
  const auto log_weight = py::arg("log_weight").noconvert();
  const auto points = py::arg("points").noconvert();
  const auto out = py::arg("out").noconvert();
  const auto n_threads = py::arg("n_threads");
  m.def("em_pass", &em_pass<T>, x, weight, type, origin, centre, factor, log_weight,
        points, n_threads);
  m.def("start_pass", &start_pass<T>, x, weight, type, origin, centre, points,
        py::arg("seed"), n_threads);
  m.def("mixture_labels", &mixture_labels<T>, x, type, origin, centre, factor,
        log_weight, out, n_threads);
  m.def("mixture_log_likelihood", &mixture_log_likelihood<T>, x, type, origin, centre,
        factor, log_weight, out, n_threads);
  m.def("mixture_responsibilities", &mixture_responsibilities<T>, x, type, origin,
        centre, factor, log_weight, out, n_threads);
  m.def("squared_distances", &squared_distances<T>, x, origin, centre, out, n_threads);
}

}  // namespace

void bind_mixture(py::module_& m) {
  bind<float>(m);
  bind<double>(m);
}

}  // namespace latentia::bindings
