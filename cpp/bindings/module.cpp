#include "bindings.hpp"

PYBIND11_MODULE(LATENTIA_MODULE, m) {
  using namespace latentia::bindings;
  m.doc() = "Pass kernels of latentia, compiled for the CPU level " LATENTIA_LEVEL ".";
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
