#pragma once

// pybind11 is included here and nowhere else, before everything that may include
// Python.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
