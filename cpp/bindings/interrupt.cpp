#include "bindings.hpp"
// Python's headers must come first.
#include "../kernels/interrupt.hpp"

namespace latentia::bindings {
namespace {

unsigned long main_thread = 0;

/// Runs the Python handlers of signals that have arrived. Python does so only in its
/// main thread. The default handler of Ctrl-C raises KeyboardInterrupt, which ends the
/// pass; a handler of the user may return, and the pass continues.
void run_signal_handlers() {
  if (PyThread_get_thread_ident() != main_thread) return;
  const py::gil_scoped_acquire handlers_are_python_code;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

}  // namespace

void bind_interrupt(py::module_& /*m*/) {
  main_thread = py::module_::import("threading")
                    .attr("main_thread")()
                    .attr("ident")
                    .cast<unsigned long>();
  check_interrupt.store(&run_signal_handlers);
}

}  // namespace latentia::bindings
