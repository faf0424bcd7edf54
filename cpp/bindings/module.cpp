#include "bindings.hpp"

namespace {

void bind(py::module_& m) {
  using namespace latentia::bindings;
  m.doc() = "Pass kernels of latentia, compiled for one CPU level.";
  bind_products(m);
  bind_gram(m);
  bind_scan(m);
  bind_mixture(m);
  bind_nmf(m);
  bind_nmf_divergence(m);
  bind_als(m);
  bind_ranking(m);
  bind_random(m);
  bind_machine(m);
  bind_interrupt(m);
}

}  // namespace

// The same object is linked into the module of every level: Python looks for the
// function with the module's name.
PYBIND11_MODULE(_kernels_v2, m) { bind(m); }
PYBIND11_MODULE(_kernels_v3, m) { bind(m); }
PYBIND11_MODULE(_kernels_v4, m) { bind(m); }
PYBIND11_MODULE(_kernels_generic, m) { bind(m); }
