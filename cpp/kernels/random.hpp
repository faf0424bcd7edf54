#pragma once

#include <array>
#include <cstdint>

#include "parallel.hpp"

/// Counter-based random numbers: number i is a function of (seed, i). Each thread can
/// fill any part of a matrix, and the result is the same for every number of threads.
namespace latentia {

/// Philox 4×32 with 10 rounds (Salmon, Moraes, Dror & Shaw 2011, "Parallel random
/// numbers: as easy as 1, 2, 3"): four uniform words from a counter and a key.
inline std::array<std::uint32_t, 4> philox(std::uint64_t counter, std::uint64_t seed) {
  std::array<std::uint32_t, 4> x{static_cast<std::uint32_t>(counter),
                                 static_cast<std::uint32_t>(counter >> 32), 0u, 0u};
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * x[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<std::uint32_t>(p1 >> 32) ^ x[1] ^ key0,
         static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ x[3] ^ key1,
         static_cast<std::uint32_t>(p0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return x;
}

/// Fills `out` with independent standard normal numbers by the Box–Muller transform
/// √(−2 ln u)·(cos 2πv, sin 2πv), u in (0, 1]. One counter gives four numbers.
template <typename T>
void fill_normal(T* out, Index size, std::uint64_t seed, int n_threads) {
  constexpr Index block = 1024;  // numbers per step: u, v and `normal` stay in L1
  using Half = Eigen::Array<float, block / 2, 1>;
  parallel_for((size + 16 * block - 1) / (16 * block), n_threads, [&](Index task) {
    Half u, v;
    Eigen::Array<float, block, 1> normal;
    const Index end = std::min(size, (task + 1) * 16 * block);
    for (Index begin = task * 16 * block; begin < end; begin += block) {
      for (Index i = 0; i < block / 4; ++i) {
        const auto word = philox(static_cast<std::uint64_t>(begin / 4 + i), seed);
        // 24 random bits, the precision of float. u is at least 2⁻²⁴: log 0 = −∞.
        u[2 * i] = static_cast<float>((word[0] >> 8) + 1) * 0x1p-24f;
        u[2 * i + 1] = static_cast<float>((word[1] >> 8) + 1) * 0x1p-24f;
        v[2 * i] = static_cast<float>(word[2] >> 8) * 0x1p-24f;
        v[2 * i + 1] = static_cast<float>(word[3] >> 8) * 0x1p-24f;
      }
      u = (-2.0f * u.log()).sqrt();
      v *= 6.2831853f;
      normal.template head<block / 2>() = u * v.cos();
      normal.template tail<block / 2>() = u * v.sin();
      const Index count = std::min(block, end - begin);
      Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(out + begin, count) =
          normal.head(count).template cast<T>();
    }
  });
}

}  // namespace latentia
