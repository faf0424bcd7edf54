#pragma once

#include <utility>

#include "../parallel.hpp"
#include "../skinny/simd.hpp"

/// A run of rows of X − 1·originᵀ, read once and laid out both ways: `rows` has a row's
/// features side by side, for sums over rows; `lanes` has a feature's rows side by
/// side, so that one vector holds the same thing of many rows.
///
/// About an origin amid the data, float32 keeps its digits where the mean is far larger
/// than the spread.
namespace latentia::gmm {

using skinny::padded;
using skinny::Simd;

/// Rows whose distances are worked out together: vectors × lanes.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int group_vectors = 4;
#else
inline constexpr int group_vectors = 2;
#endif

template <typename T>
inline constexpr Index group = group_vectors * Simd<T>::lanes;

template <typename T>
typename Simd<T>::Vector& vector_at(T* p) {
  return *reinterpret_cast<typename Simd<T>::Vector*>(p);
}
template <typename T>
const typename Simd<T>::Vector& vector_at(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Vector*>(p);
}

/// to[0..lanes) += x, in float64: where the sums of tiles flow together.
template <typename T>
inline void add_wide(double* to, const typename Simd<T>::Vector& x) {
  typedef double Wide __attribute__((vector_size(Simd<T>::lanes * sizeof(double)),
                                     aligned(sizeof(double)), may_alias));
  *reinterpret_cast<Wide*>(to) += __builtin_convertvector(x, Wide);
}

/// One stage of a transposition: of each pair of vectors `Step` apart, blocks of `Step`
/// lanes change places.
template <typename V, int N, int Step, std::size_t... L>
inline void exchange(V (&v)[N], std::index_sequence<L...>) {
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i)
    if (!(i & Step)) {
      const V a = v[i], b = v[i + Step];
      v[i] = __builtin_shufflevector(a, b, ((L & Step) ? L - Step + N : L)...);
      v[i + Step] = __builtin_shufflevector(a, b, ((L & Step) ? L + N : L + Step)...);
    }
}

template <typename V, int N, int Step = N / 2>
inline void transpose_vectors(V (&v)[N]) {
  exchange<V, N, Step>(v, std::make_index_sequence<N>());
  if constexpr (Step > 1) transpose_vectors<V, N, Step / 2>(v);
}

/// to = fromᵀ, both in whole vectors; from (rows × cols).
template <typename T>
void transpose(const T* from, Index from_stride, Index rows, Index cols, T* to,
               Index to_stride) {
  constexpr int lanes = Simd<T>::lanes;
  typename Simd<T>::Vector v[lanes];
  for (Index i = 0; i < rows; i += lanes)
    for (Index j = 0; j < cols; j += lanes) {
#pragma GCC unroll 16
      for (int l = 0; l < lanes; ++l)
        v[l] = vector_at(from + (i + l) * from_stride + j);
      transpose_vectors(v);
#pragma GCC unroll 16
      for (int l = 0; l < lanes; ++l) vector_at(to + (j + l) * to_stride + i) = v[l];
    }
}

template <typename T>
struct Tile {
  RowMatrix<T> rows;   // most × padded(d), the columns that are added are zero
  RowMatrix<T> lanes;  // padded(d) × most
  Index count = 0;     // rows in use; what follows them up to a whole group is zero
  Index features;

  explicit Tile(Index d)
      : rows(RowMatrix<T>::Zero(most(d), padded<T>(d))),
        lanes(RowMatrix<T>::Zero(padded<T>(d), most(d))),
        features(d) {}

  /// Whole groups, as many as fit in an eighth of a 1 MiB L2 in one layout.
  static Index most(Index d) {
    const Index bytes = padded<T>(d) * static_cast<Index>(sizeof(T));
    return std::clamp<Index>((Index{128} << 10) / bytes / group<T>, 2, 8) * group<T>;
  }

  /// Rows rounded up to whole groups.
  Index wide() const { return (count + group<T> - 1) / group<T> * group<T>; }

  void read(const Dense<T>& x, const T* origin, Index begin, Index n) {
    using Line = Eigen::Array<T, 1, Eigen::Dynamic>;
    using Column = Eigen::Array<T, Eigen::Dynamic, 1>;
    count = n;
    if (x.col_stride == 1) {
      const Eigen::Map<const Line> about(origin, features);
      for (Index i = 0; i < n; ++i)
        rows.row(i).head(features).array() =
            Eigen::Map<const Line>(x.data + (begin + i) * x.row_stride, features) -
            about;
      rows.middleRows(n, wide() - n).setZero();
      transpose(rows.data(), rows.cols(), wide(), rows.cols(), lanes.data(),
                lanes.cols());
    } else {
      for (Index j = 0; j < features; ++j)
        lanes.row(j).head(n).array() =
            Eigen::Map<const Column>(x.data + begin + j * x.col_stride, n).transpose() -
            origin[j];
      lanes.middleCols(n, wide() - n).setZero();
      transpose(lanes.data(), lanes.cols(), lanes.rows(), wide(), rows.data(),
                rows.cols());
    }
  }
};

/// visit(tile, first row) for every tile of a run of rows.
template <typename T, typename Visit>
void for_each_tile(const Dense<T>& x, const T* origin, Index begin, Index end,
                   Tile<T>& tile, Visit&& visit) {
  const Index most = Tile<T>::most(x.cols);
  for (Index i = begin; i < end; i += most) {
    tile.read(x, origin, i, std::min(most, end - i));
    visit(i);
  }
}

}  // namespace latentia::gmm
