#pragma once

#include "../storage.hpp"

namespace latentia::gmm {

/// The parameters of the mixture in a pass, in the type of the data.
///
///     p(x) = Σ_k π_k N(x; μ_k, Σ_k),   Σ_k⁻¹ = P_k P_kᵀ,   P_k upper triangular
///
/// Means are relative to the origin: centre_k = μ_k − origin. The caller subtracts in
/// float64 and rounds once.
template <typename T>
struct Mixture {
  Index components, features;
  const T* origin;              // d
  const T* centre;              // K × d
  const T* precision_cholesky;  // P: K × d × d, tied d × d, diagonal K × d, spherical K
  const T* log_weight;          // K: log π_k + log |P_k| − d/2 · log 2π

  const T* centre_of(Index k) const { return centre + k * features; }
};

}  // namespace latentia::gmm
