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

/// With so few features sums over rows are taken from `lanes`: a row of its own would
/// leave most of a vector empty.
inline constexpr Index narrow_features = 8;

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

/// In float64, as above.
template <typename T>
double sum_of_lanes(const typename Simd<T>::Vector& x) {
  double total = 0;
  for (int l = 0; l < Simd<T>::lanes; ++l) total += static_cast<double>(x[l]);
  return total;
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
  RowMatrix<T>
      rows;  // most × padded(d), columns that are added are zero; not if narrow
  RowMatrix<T> lanes;  // padded(d) × most, and a vector more
  Index count = 0;     // rows in use; what follows them up to a whole group is zero
  Index features;
  Dense<T> raw{};  // the same rows as they were

  explicit Tile(Index d)
      : rows(RowMatrix<T>::Zero(is_narrow(d) ? 0 : most(d), padded<T>(d))),
        // An odd number of vectors a line: neighbours do not meet in one cache set.
        lanes(RowMatrix<T>::Zero(padded<T>(d), most(d) + Simd<T>::lanes)),
        features(d) {}

  static bool is_narrow(Index d) { return d <= narrow_features; }
  bool narrow() const { return is_narrow(features); }

  /// Whole groups, as many as fit in an eighth of a 1 MiB L2 in one layout.
  static Index most(Index d) {
    const Index bytes = padded<T>(d) * static_cast<Index>(sizeof(T));
    const Index groups = (Index{128} << 10) / bytes / group<T>;
    return std::clamp<Index>(groups, 2, is_narrow(d) ? 16 : 8) * group<T>;
  }

  /// Rows rounded up to whole groups.
  Index wide() const { return (count + group<T> - 1) / group<T> * group<T>; }

  void read(const Dense<T>& x, const T* origin, Index begin, Index n) {
    count = n;
    raw = x.middle_rows(begin, n);
    if (narrow() || x.row_stride == 1)
      read_lanes(raw, origin);
    else
      read_rows(raw, origin);
    if (narrow()) return;
    if (x.row_stride == 1)
      transpose(lanes.data(), lanes.cols(), lanes.rows(), wide(), rows.data(),
                rows.cols());
    else
      transpose(rows.data(), rows.cols(), wide(), rows.cols(), lanes.data(),
                lanes.cols());
  }

 private:
  void read_rows(const Dense<T>& x, const T* origin) {
    for (Index i = 0; i < count; ++i) {
      const T* from = x.data + i * x.row_stride;
      T* to = rows.data() + i * rows.cols();
      for (Index j = 0; j < features; ++j) to[j] = from[j] - origin[j];
    }
    rows.middleRows(count, wide() - count).setZero();
  }

  void read_lanes(const Dense<T>& x, const T* origin) {
    for (Index j = 0; j < features; ++j) {
      const T* from = x.data + j * x.col_stride;
      T* to = lanes.data() + j * lanes.cols();
      for (Index i = 0; i < count; ++i) to[i] = from[i * x.row_stride] - origin[j];
    }
    lanes.middleCols(count, wide() - count).setZero();
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
