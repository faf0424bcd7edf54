#pragma once

#include "../parallel.hpp"
#include "../skinny/transpose.hpp"

/// A run of rows of X − 1·originᵀ, read once and laid out both ways: `rows` has a row's
/// features side by side, for sums over rows; `lanes` has a feature's rows side by
/// side, so that one vector holds the same thing of many rows.
///
/// About an origin amid the data, float32 keeps its digits where the mean is far larger
/// than the spread.
namespace latentia::gmm {

using skinny::add_wide;
using skinny::padded;
using skinny::Simd;
using skinny::sum_of_lanes;
using skinny::transpose;
using skinny::vector_at;

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
  latentia::for_each_tile(begin, end, Tile<T>::most(x.cols),
                          [&](Index first, Index count) {
                            tile.read(x, origin, first, count);
                            visit(first);
                          });
}

}  // namespace latentia::gmm
