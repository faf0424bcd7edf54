#define PY_SSIZE_T_CLEAN
#include <Python.h>
// Python's headers must come first.
#include "cpu_level.hpp"

/// The CPU levels that this machine can run. Python's own interface compiles in a tenth
/// of the time of pybind11.
namespace {

PyObject* supported_levels(PyObject* /*module*/, PyObject* /*no arguments*/) {
  PyObject* levels = PyList_New(0);
  latentia::for_each_supported_level([&](const char* level) {
    PyObject* name = levels ? PyUnicode_FromString(level) : nullptr;
    if (!name || PyList_Append(levels, name) != 0) Py_CLEAR(levels);
    Py_XDECREF(name);
  });
  return levels;
}

PyMethodDef methods[] = {{"supported_levels", supported_levels, METH_NOARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};

PyModuleDef module = {PyModuleDef_HEAD_INIT,
                      "_cpu_level",
                      "The CPU levels that this machine can run.",
                      0,
                      methods,
                      nullptr,
                      nullptr,
                      nullptr,
                      nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__cpu_level() { return PyModule_Create(&module); }
