#include "../kernels/gmm/diagonal.hpp"
#include "../kernels/gmm/full.hpp"
#include "../kernels/gmm/tied.hpp"
#include "mixtures.hpp"

namespace latentia::testing {
namespace {

/// More than d² for d = 1 and 2: tied moments then use another formula.
constexpr Index components = 5;

/// Half of the responsibilities are zero, and all of row 5 and of the last component.
/// In row 6 they are so small that the inverse of their sum would be infinite.
template <typename T>
RowMatrix<T> responsibilities_with_zeros(Index n) {
  RowMatrix<T> r = random_matrix<T>(n, components, 3).cwiseMax(T{0});
  if (n > 6) {
    r.row(4).setOnes();
    r.row(5).setZero();
    r.row(6).setConstant(std::numeric_limits<T>::denorm_min());
  }
  r.col(components - 1).setZero();
  return r;
}

/// The sums over all tiles, with rows a (n × d) and responsibilities (n × K).
template <typename Moments, typename T>
RowMatrix<double> sums(const RowMatrix<T>& a, const RowMatrix<T>& responsibilities,
                       const RowMatrix<T>& origin, const RowMatrix<T>& centre) {
  const DenseStorage<T> stored(a, Layout::by_rows);
  gmm::CentredTile<T> tile(a.cols());
  Moments moments(centre.rows(), a.cols());
  check(moments.sum.size() == Moments::size(centre.rows(), a.cols()), "size");
  RowMatrix<T> r(centre.rows(), gmm::CentredTile<T>::capacity(a.cols()));
  gmm::for_each_tile(stored.view, origin.data(), 0, a.rows(), tile, [&](Index first) {
    r.setZero();
    r.leftCols(tile.count) = responsibilities.middleRows(first, tile.count).transpose();
    moments.add(tile, r, centre.data());
  });
  moments.finish_chunk(centre.data());
  return moments.sum;
}

template <typename T, typename Moments>
void agree_with_plain_loops(Covariance type, Index n, Index d) {
  const ExampleMixture<T> mixture(type, components, d);
  const RowMatrix<T> a = random_matrix<T>(n, d, 1),
                     responsibilities = responsibilities_with_zeros<T>(n);
  const PlainMoments plain(mixture.about_origin(a),
                           responsibilities.template cast<double>(), mixture.centre);
  check_moments<T, Moments>(
      sums<Moments>(a, responsibilities, mixture.origin, mixture.centre), type, plain,
      n, text(type, n, d));
}

template <typename T>
void all_types(Index n, Index d) {
  agree_with_plain_loops<T, gmm::FullMoments<T>>(Covariance::full, n, d);
  agree_with_plain_loops<T, gmm::TiedMoments<T>>(Covariance::tied, n, d);
  agree_with_plain_loops<T, gmm::DiagonalMoments<T>>(Covariance::diagonal, n, d);
}

/// Small components far apart; every row belongs to one of them. In float32 the
/// difference of total scatter and scatter between components would have no correct
/// digit.
void tied_sums_do_not_cancel(Index d) {
  using Moments = gmm::TiedMoments<float>;
  const Index n = 200;
  RowMatrix<float> centre(2, d), a = random_matrix<float>(n, d, 1) / 64;
  centre.row(0).setConstant(-512);
  centre.row(1).setConstant(512);
  RowMatrix<float> responsibilities = RowMatrix<float>::Zero(n, 2);
  for (Index i = 0; i < n; ++i) {
    a.row(i) += centre.row(i % 2);
    responsibilities(i, i % 2) = 1;
  }
  RowMatrix<double> first(2, d), second(d, d);
  Moments::unpack(
      sums<Moments, float>(a, responsibilities, RowMatrix<float>::Zero(1, d), centre),
      {first.data(), 2, d, Eigen::OuterStride<>(d)}, second.data());
  const RowMatrix<double> expected =
      PlainMoments(a, responsibilities.cast<double>(), centre)
          .second(Covariance::tied)
          .value;
  check((second - expected).cwiseAbs().maxCoeff() <=
            static_cast<double>(n) * std::numeric_limits<float>::epsilon() *
                expected.diagonal().maxCoeff(),
        "d = " + std::to_string(d));
}

}  // namespace

void run() {
  for (const Index d : some_features)
    for (const Index n : some_rows) {
      all_types<float>(n, d);
      all_types<double>(n, d);
    }
  for (const Index d : {3, 33}) {
    all_types<float>(2500, d);  // several tiles
    all_types<double>(2500, d);
    tied_sums_do_not_cancel(d);
  }
}

}  // namespace latentia::testing
