#pragma once

#include <limits>
#include <vector>

#include "mixture.hpp"

namespace latentia::gmm {

/// A responsibility of ε² or less is taken for zero: it is lost in every sum that it
/// would enter (a component that has no larger one dies at once). In many dimensions
/// most are, and their rows cost nothing.
template <typename T>
inline constexpr T negligible =
    std::numeric_limits<T>::epsilon() * std::numeric_limits<T>::epsilon();

/// The rows of a tile that a component has a share in.
template <typename T>
struct Chosen {
  Index count = 0;
  std::vector<Index> row;
  std::vector<T> share;

  explicit Chosen(Index most)
      : row(static_cast<std::size_t>(most)), share(static_cast<std::size_t>(most)) {}

  void choose(const T* r, Index rows) {
    Index n = 0;
    for (Index i = 0; i < rows; ++i) {
      row[static_cast<std::size_t>(n)] = i;
      share[static_cast<std::size_t>(n)] = r[i];
      n += r[i] > T{0};
    }
    count = n;
  }
};

}  // namespace latentia::gmm
