#pragma once

#include <chrono>

#include "parallel.hpp"
#include "skinny/simd.hpp"

/// Two limits of this machine that kernels are compared with: multiply-adds and bytes
/// read per second.
namespace latentia {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

/// The rate of fused multiply-adds between registers, in flop/s: the best of 15
/// repeats of about ten milliseconds.
template <typename T>
double fma_peak(int n_threads) {
  using Vector = typename skinny::Simd<T>::Vector;
  constexpr int lanes = skinny::Simd<T>::lanes;
  constexpr int chains =
      2 * skinny::register_rows;  // as many as a product keeps in registers
  constexpr Index steps = 1 << 20;
  std::vector<T> out(static_cast<std::size_t>(n_threads));
  double best = 0;
  for (int repeat = 0; repeat < 15; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(n_threads, n_threads, [&](Index thread) {
      Vector sum[chains], x, y;
      for (int l = 0; l < lanes; ++l) x[l] = T(0.999), y[l] = T(1e-3) * T(l + 1);
#pragma GCC unroll 24
      for (int c = 0; c < chains; ++c) sum[c] = y * T(c);
      for (Index step = 0; step < steps; ++step)
#pragma GCC unroll 24
        for (int c = 0; c < chains; ++c) sum[c] = sum[c] * x + y;
#pragma GCC unroll 24
      for (int c = 1; c < chains; ++c) sum[0] += sum[c];
      out[static_cast<std::size_t>(thread)] = sum[0][0];
    });
    const double flops = 2.0 * lanes * chains * static_cast<double>(steps) * n_threads;
    best = std::max(best, flops / seconds_since(start));
  }
  // The comparison uses the sums: without it the compiler would remove the loop.
  return out[0] == T(-1) ? 0 : best;
}

/// The rate of reading `size` floats, in bytes/s: the best of 7 repeats. The array must
/// be larger than the caches.
inline double read_bandwidth(const float* data, Index size, int n_threads) {
  const Chunks chunks{size, 16 * static_cast<Index>(n_threads)};
  std::vector<float> out(static_cast<std::size_t>(chunks.count));
  double best = 0;
  for (int repeat = 0; repeat < 7; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(chunks.count, n_threads, [&](Index c) {
      const Index begin = chunks.begin(c);
      out[static_cast<std::size_t>(c)] =
          Eigen::Map<const Eigen::ArrayXf>(data + begin, chunks.end(c) - begin).sum();
    });
    best = std::max(best, static_cast<double>(size) * 4 / seconds_since(start));
  }
  return best;
}

}  // namespace latentia
