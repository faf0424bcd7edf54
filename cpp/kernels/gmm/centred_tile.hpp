#pragma once

#include "../parallel.hpp"
#include "../skinny/transpose.hpp"

/// A tile of rows of X − 1·originᵀ, read once and stored in two layouts. In `by_row`
/// the features of a row are adjacent: it is used for sums over rows. In `by_feature`
/// the rows of a feature are adjacent: one vector holds the same feature of many rows.
///
/// The origin is a point near the data. Without it float32 would lose digits if the
/// mean is much larger than the standard deviation.
namespace latentia::gmm {

using skinny::add_in_float64;
using skinny::padded;
using skinny::Simd;
using skinny::sum_of_lanes;
using skinny::transpose;
using skinny::vector_at;

/// Vectors of rows whose distances are computed together: their sums fill the
/// registers of the CPU level.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int group_vectors = 4;
#else
inline constexpr int group_vectors = 2;
#endif

/// Rows in a group of vectors.
template <typename T>
inline constexpr Index group_rows = group_vectors * Simd<T>::lanes;

/// Up to this number of features, sums over rows use `by_feature`: a row of `by_row`
/// would leave most of a vector empty.
inline constexpr Index few_features = 8;

template <typename T>
struct CentredTile {
  /// capacity × padded(d); padding columns are zero. Empty if there are few features.
  RowMatrix<T> by_row;
  /// padded(d) × (capacity + one vector)
  RowMatrix<T> by_feature;
  Index count = 0;  // rows in use; the rows after them, up to a whole group, are zero
  Index features;
  Dense<T> raw{};  // the same rows of X, not centred

  explicit CentredTile(Index d)
      : by_row(RowMatrix<T>::Zero(has_few_features(d) ? 0 : capacity(d), padded<T>(d))),
        // An odd number of vectors per line, so that consecutive lines use different
        // cache sets.
        by_feature(RowMatrix<T>::Zero(padded<T>(d), capacity(d) + Simd<T>::lanes)),
        features(d) {}

  static bool has_few_features(Index d) { return d <= few_features; }
  bool has_few_features() const { return has_few_features(features); }

  /// The largest number of rows in a tile: whole groups, as many as fit in 128 KiB (an
  /// eighth of an L2 cache of 1 MiB) in one layout.
  static Index capacity(Index d) {
    const Index bytes = padded<T>(d) * static_cast<Index>(sizeof(T));
    const Index groups = (Index{128} << 10) / bytes / group_rows<T>;
    return std::clamp<Index>(groups, 2, has_few_features(d) ? 16 : 8) * group_rows<T>;
  }

  /// The number of rows, rounded up to whole groups.
  Index padded_rows() const {
    return (count + group_rows<T> - 1) / group_rows<T> * group_rows<T>;
  }

  void read(const Dense<T>& x, const T* origin, Index begin, Index n) {
    count = n;
    raw = x.middle_rows(begin, n);
    if (has_few_features() || x.row_stride == 1)
      read_lanes(raw, origin);
    else
      read_rows(raw, origin);
    if (has_few_features()) return;
    if (x.row_stride == 1)
      transpose(by_feature.data(), by_feature.cols(), by_feature.rows(), padded_rows(),
                by_row.data(), by_row.cols());
    else
      transpose(by_row.data(), by_row.cols(), padded_rows(), by_row.cols(),
                by_feature.data(), by_feature.cols());
  }

 private:
  void read_rows(const Dense<T>& x, const T* origin) {
    for (Index i = 0; i < count; ++i) {
      const T* from = x.data + i * x.row_stride;
      T* to = by_row.data() + i * by_row.cols();
      for (Index j = 0; j < features; ++j) to[j] = from[j] - origin[j];
    }
    by_row.middleRows(count, padded_rows() - count).setZero();
  }

  void read_lanes(const Dense<T>& x, const T* origin) {
    for (Index j = 0; j < features; ++j) {
      const T* from = x.data + j * x.col_stride;
      T* to = by_feature.data() + j * by_feature.cols();
      for (Index i = 0; i < count; ++i) to[i] = from[i * x.row_stride] - origin[j];
    }
    by_feature.middleCols(count, padded_rows() - count).setZero();
  }
};

/// Calls visit(first row) for every tile of the rows [begin, end).
template <typename T, typename Visit>
void for_each_tile(const Dense<T>& x, const T* origin, Index begin, Index end,
                   CentredTile<T>& tile, Visit&& visit) {
  latentia::for_each_tile(begin, end, CentredTile<T>::capacity(x.cols),
                          [&](Index first, Index count) {
                            tile.read(x, origin, first, count);
                            visit(first);
                          });
}

}  // namespace latentia::gmm
