#pragma once

#include "../storage.hpp"

/// Validation of CSR arrays. Kernels use the entries of `row_start` and `column` as
/// memory offsets without checking them, so they are checked once, here.
namespace latentia::scan {

struct CsrStructure {
  Index malformed_row = -1;  // the first row with an offset out of bounds, or −1
  bool canonical = true;     // columns increase strictly within each row
};

/// `nnz` is the length of the arrays `column` and `value`.
template <typename T, typename I>
CsrStructure csr_structure(const Csr<T, I>& a, Index nnz) {
  CsrStructure structure;
  if (a.row_start[0] != 0) return {0, false};
  for (Index i = 0; i < a.rows; ++i) {
    const Index begin = a.row_start[i], end = a.row_start[i + 1];
    if (end < begin || end > nnz) return {i, false};
    Index previous = -1;
    for (Index p = begin; p < end; ++p) {
      const Index k = a.column[p];
      if (k < 0 || k >= a.cols) return {i, false};
      structure.canonical &= k > previous;
      previous = k;
    }
  }
  return structure;
}

}  // namespace latentia::scan
