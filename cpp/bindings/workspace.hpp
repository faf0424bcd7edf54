#pragma once

#include "arrays.hpp"

namespace latentia::bindings {

/// The memory that the passes of an NMF reuse, as a Python object.
template <typename T>
struct NmfWorkspace {
  std::shared_ptr<nmf::Workspace<T>> memory = level::Factors<T>::workspace();
};

}  // namespace latentia::bindings
