#pragma once

#include <limits>
#include <vector>

#include "../storage.hpp"

namespace latentia::gmm {

/// A responsibility of ε² or less counts as zero, because rounding would remove it from
/// any sum with larger terms. A component without larger responsibilities becomes empty
/// at once. With many features most responsibilities are so small; their rows are
/// skipped.
template <typename T>
inline constexpr T negligible =
    std::numeric_limits<T>::epsilon() * std::numeric_limits<T>::epsilon();

/// The rows of a tile for which a component's responsibility is not zero.
template <typename T>
struct ActiveRows {
  Index count = 0;
  std::vector<Index> row;
  std::vector<T> responsibility;

  explicit ActiveRows(Index capacity)
      : row(static_cast<std::size_t>(capacity)),
        responsibility(static_cast<std::size_t>(capacity)) {}

  void select(const T* r, Index rows) {
    Index n_active = 0;
    for (Index i = 0; i < rows; ++i) {
      row[static_cast<std::size_t>(n_active)] = i;
      responsibility[static_cast<std::size_t>(n_active)] = r[i];
      n_active += r[i] > T{0};
    }
    count = n_active;
  }
};

}  // namespace latentia::gmm
