#include "../kernels/random.hpp"

#include "matrices.hpp"

namespace latentia::testing {
namespace {

/// The value of philox4x32-10 for counter 0 and key 0 from the Random123 library.
void known_answer() {
  const std::array<std::uint32_t, 4> expected{0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
                                              0x9b00dbd8};
  check(philox(0, 0) == expected, "philox(0, 0)");
}

/// Each of the 64 bits of the counter and of the key changes the result.
void every_bit_matters() {
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t one = std::uint64_t{1} << bit;
    check(philox(one, 0) != philox(0, 0), "counter bit " + std::to_string(bit));
    check(philox(0, one) != philox(0, 0), "key bit " + std::to_string(bit));
  }
}

template <typename T>
RowMatrix<T> normal(Index size, std::uint64_t seed, int n_threads) {
  RowMatrix<T> x(1, size);
  fill_normal(x.data(), size, seed, n_threads);
  return x;
}

template <typename T>
void a_number_depends_on_seed_and_index_only() {
  const RowMatrix<T> all = normal<T>(50'000, 5, 1);
  check(all.allFinite(), "finite");
  for (const int n_threads : {2, 7})
    check(same_bits(all, normal<T>(50'000, 5, n_threads)),
          std::to_string(n_threads) + " threads");
  for (const Index size : {0, 1, 3, 1023, 1024, 1025, 16'384, 16'385})
    check(same_bits<T>(all.leftCols(size), normal<T>(size, 5, 1)),
          "the first " + std::to_string(size));
  check(!same_bits(all, normal<T>(50'000, 6, 1)), "another seed");
}

/// Mean, variance and fourth moment are within five standard errors of 0, 1 and 3. The
/// cosine and the sine of a pair, half a block (512) apart, are not correlated.
void standard_normal() {
  const Index n = 1 << 20;
  const Eigen::ArrayXd x = normal<double>(n, 11, 1).transpose().array();
  const double root = std::sqrt(static_cast<double>(n));
  check(std::abs(x.mean()) < 5 / root, "mean");
  check(std::abs(x.square().mean() - 1) < 5 * std::sqrt(2.0) / root, "variance");
  check(std::abs(x.pow(4).mean() - 3) < 5 * std::sqrt(96.0) / root, "fourth moment");
  check(std::abs((x.head(n - 512) * x.tail(n - 512)).mean()) < 5 / root,
        "correlation of cosine and sine");
}

}  // namespace

void run() {
  known_answer();
  every_bit_matters();
  a_number_depends_on_seed_and_index_only<float>();
  a_number_depends_on_seed_and_index_only<double>();
  standard_normal();
}

}  // namespace latentia::testing
