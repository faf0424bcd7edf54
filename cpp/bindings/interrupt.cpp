#include "bindings.hpp"
// Python's headers come first.
#include "../kernels/interrupt.hpp"

namespace latentia::bindings {
namespace {

unsigned long main_thread = 0;

/// Runs the handlers of signals that have come, which Python does in its main thread
/// alone. Ctrl-C raises KeyboardInterrupt there, unless the handler is somebody's own,
/// who may want the pass to go on.
void run_signal_handlers() {
  if (PyThread_get_thread_ident() != main_thread) return;
  const py::gil_scoped_acquire handlers_are_python;
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
