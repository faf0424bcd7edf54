#pragma once

#include "arrays.hpp"

namespace latentia::bindings {

/// The memory that the passes of an NMF reuse, as a Python object.
template <typename T>
struct NmfWorkspace {
  std::shared_ptr<nmf::Workspace<T>> memory = level::Factors<T>::workspace();
};

/// Checks that Aᵀ has the shape and the number of entries of A, which must be sparse.
template <typename T>
void require_transpose(const Dense<T>&, const std::optional<Dense<T>>& transposed) {
  require(!transposed, "At", "is for sparse A");
}
template <typename T, typename I>
void require_transpose(const Csr<T, I>& a, const std::optional<Csr<T, I>>& transposed) {
  if (!transposed) return;
  require(transposed->rows == a.cols && transposed->cols == a.rows &&
              transposed->row_start[transposed->rows] == a.row_start[a.rows],
          "At", "must be the transpose of A");
}

}  // namespace latentia::bindings
