#pragma once

// The only file that includes pybind11. It must be included first: Python's headers
// must come before those of the standard library.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
