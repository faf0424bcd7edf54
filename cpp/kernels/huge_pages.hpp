#pragma once

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <cstdint>

#include "matrix.hpp"

/// Memory in pages of 2 MiB, where the system offers them.
namespace latentia {

/// Asks for huge pages for a matrix that nothing was written to yet. Rows that are
/// gathered from many pages of 4 KiB need a page walk each.
template <typename T>
void advise_huge_pages(RowMatrix<T>& x) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t page = 2 << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(x.data());
  const auto end = begin + static_cast<std::uintptr_t>(x.size()) * sizeof(T);
  const std::uintptr_t first = (begin + page - 1) / page * page,
                       last = end / page * page;
  // It is advice: without it, or if it is refused, the pages are small.
  if (first < last)
    madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  static_cast<void>(x);
#endif
}

}  // namespace latentia
