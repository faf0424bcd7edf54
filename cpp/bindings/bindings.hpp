#pragma once

#include "pybind.hpp"

/// One function per source file; module.cpp calls them all.
namespace latentia::bindings {

void bind_products(py::module_& m);
void bind_gram(py::module_& m);
void bind_scan(py::module_& m);
void bind_mixture(py::module_& m);
void bind_nmf(py::module_& m);
void bind_nmf_divergence(py::module_& m);
void bind_ranking(py::module_& m);
void bind_random(py::module_& m);
void bind_als(py::module_& m);
void bind_machine(py::module_& m);
void bind_interrupt(py::module_& m);

}  // namespace latentia::bindings
