#pragma once

#include <span>

#include "../storage.hpp"

/// What an update of a factor's rows is told, besides the matrices.
namespace latentia::nmf {

/// The penalty of a row w of a factor: l1·Σw + ½·l2·Σ(w − centre)².
template <typename T>
struct Penalty {
  T l1 = 0, l2 = 0;
  std::span<const T> centre = {};  // (k), or empty for zero
};

/// The order in which the coordinates of a row are updated: `length` different ones of
/// 0 … k − 1, or 0, 1, …, k − 1 if `coordinate` is null. Others keep their values.
struct CoordinateOrder {
  const Index* coordinate = nullptr;
  Index length = 0;

  Index size(Index k) const { return coordinate ? length : k; }
  Index operator[](Index step) const { return coordinate ? coordinate[step] : step; }
};

}  // namespace latentia::nmf
