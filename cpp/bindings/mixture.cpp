#include "arrays.hpp"
#include "bindings.hpp"
namespace latentia::bindings {
namespace {

using gmm::Mixture;
using level::Covariance;
using level::Mixtures;

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

Covariance covariance_of(const std::string& type) {
  if (type == "full") return Covariance::full;
  if (type == "tied") return Covariance::tied;
  if (type == "diag") return Covariance::diagonal;
  require(type == "spherical", "covariance_type",
          "must be 'full', 'tied', 'diag' or 'spherical'");
  return Covariance::spherical;
}

/// The shape of the precision factors of K components with d features.
std::vector<Index> precision_shape(Covariance type, Index k, Index d) {
  switch (type) {
    case Covariance::full:
      return {k, d, d};
    case Covariance::tied:
      return {d, d};
    case Covariance::diagonal:
      return {k, d};
    default:
      return {k};
  }
}

template <typename T>
Mixture<T> mixture_of(Covariance type, const Dense<T>& x, const Array<T>& origin,
                      const Array<T>& centre, const Array<T>& precision_cholesky,
                      const Array<T>& log_weight) {
  Mixture<T> mixture = centres_of(x, origin, centre);
  mixture.log_weight = contiguous(log_weight, {mixture.components}, "log_weight");
  mixture.precision_cholesky = contiguous(
      precision_cholesky, precision_shape(type, mixture.components, mixture.features),
      "precision_cholesky");
  return mixture;
}

/// Returns the statistics of a pass as a tuple (log-likelihood, weight (K), first
/// moments (K × d), second moments). `pass` writes the last three and returns the
/// first.
template <typename Pass>
py::tuple statistics(Covariance type, Index k, Index d, Pass&& pass) {
  const bool diagonal = type == Covariance::diagonal || type == Covariance::spherical;
  Array<double> weight(k), first({k, d});
  Array<double> second(diagonal ? std::vector<Index>{k, d}
                                : precision_shape(type, k, d));
  const level::MixtureSums sums{weight.mutable_data(), row_major(first, k, d, "first"),
                                second.mutable_data()};
  const double log_likelihood = [&] {
    const py::gil_scoped_release other_python_threads_run_meanwhile;
    return pass(sums);
  }();
  return py::make_tuple(log_likelihood, weight, first, second);
}

template <typename T>
py::tuple e_step_statistics(const Dense<T>& x, const std::optional<Array<T>>& weight,
                            const std::string& type, const Array<T>& origin,
                            const Array<T>& centre, const Array<T>& precision_cholesky,
                            const Array<T>& log_weight,
                            const Array<T>& reference_points, int n_threads) {
  const T* w = weights_of_rows(weight, x);
  const Covariance covariance = covariance_of(type);
  const Mixture<T> mixture =
      mixture_of(covariance, x, origin, centre, precision_cholesky, log_weight);
  const T* points = contiguous(reference_points, {mixture.components, mixture.features},
                               "reference_points");
  return statistics(covariance, mixture.components, x.cols,
                    [&](const level::MixtureSums& sums) {
                      return Mixtures<T>::e_step_statistics(x, w, covariance, mixture,
                                                            points, sums, n_threads);
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
  const Covariance covariance = covariance_of(type);
  const Mixture<T> centres = centres_of(x, origin, centre);
  const T* points = contiguous(reference_points, {centres.components, centres.features},
                               "reference_points");
  return statistics(covariance, centres.components, x.cols,
                    [&](const level::MixtureSums& sums) {
                      return Mixtures<T>::init_statistics(
                          x, w, covariance, centres, points, seed, sums, n_threads);
                    });
}

template <typename T>
void mixture_labels(const Dense<T>& x, const std::string& type, const Array<T>& origin,
                    const Array<T>& centre, const Array<T>& precision_cholesky,
                    const Array<T>& log_weight, Array<std::int64_t> out,
                    int n_threads) {
  contiguous(out, {x.rows}, "out");
  std::int64_t* to = out.mutable_data();
  const Covariance covariance = covariance_of(type);
  const Mixture<T> mixture =
      mixture_of(covariance, x, origin, centre, precision_cholesky, log_weight);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Mixtures<T>::labels(x, covariance, mixture, to, n_threads);
}

template <typename T>
void mixture_log_likelihood(const Dense<T>& x, const std::string& type,
                            const Array<T>& origin, const Array<T>& centre,
                            const Array<T>& precision_cholesky,
                            const Array<T>& log_weight, Array<T> out, int n_threads) {
  contiguous(out, {x.rows}, "out");
  T* to = out.mutable_data();
  const Covariance covariance = covariance_of(type);
  const Mixture<T> mixture =
      mixture_of(covariance, x, origin, centre, precision_cholesky, log_weight);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Mixtures<T>::log_likelihood(x, covariance, mixture, to, n_threads);
}

template <typename T>
void mixture_responsibilities(const Dense<T>& x, const std::string& type,
                              const Array<T>& origin, const Array<T>& centre,
                              const Array<T>& precision_cholesky,
                              const Array<T>& log_weight, Array<T> out, int n_threads) {
  const auto to =
      row_major(out, x.rows, centres_of(x, origin, centre).components, "out");
  const Covariance covariance = covariance_of(type);
  const Mixture<T> mixture =
      mixture_of(covariance, x, origin, centre, precision_cholesky, log_weight);
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Mixtures<T>::responsibilities(x, covariance, mixture, to, n_threads);
}

template <typename T>
void squared_distances(const Dense<T>& x, const Array<T>& origin,
                       const Array<T>& centre, Array<T> out, int n_threads) {
  const Mixture<T> reference = centres_of(x, origin, centre);
  const auto to = row_major(out, x.rows, reference.components, "out");
  const py::gil_scoped_release other_python_threads_run_meanwhile;
  Mixtures<T>::squared_distances(x, reference, to, n_threads);
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
