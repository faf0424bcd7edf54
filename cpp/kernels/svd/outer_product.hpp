#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "../parallel.hpp"
#include "../skinny/transpose.hpp"

/// G += tileᵀ·tile for tiles of dense rows: the lower triangle, by register blocks.
///
/// A tile is converted to S (float32 or float64), centred and packed once. Products are
/// summed in S over the rows of one tile, and in float64 over tiles.
///
///     A (m × n), G (n × n)
namespace latentia::svd {

/// Rows that are summed in S. It is a constant, so that the bits of G do not depend on
/// the size of a cache. In float32, 128 equal terms lose at most 4 of 24 bits.
constexpr Index tile_rows = 128;

/// Columns of the tile that are multiplied by all strips before the next ones. They
/// take 128 or 256 KiB, which L2 holds. The bits do not depend on it.
constexpr Index rows_of_g_per_group = 256;

/// Tasks are pairs of a chunk of rows of A and a group of rows or columns of G. Where
/// memory allows only a few chunks, there are several groups. They read the same rows
/// again, but the bits do not depend on them: an entry of G is summed by chunk.
inline Index groups_of_g(Index n, Index n_chunks, int team_size) {
  if (n_chunks % team_size == 0) return 1;
  return std::min<Index>((3 * team_size + n_chunks - 1) / n_chunks,
                         std::max<Index>(n / 128, 1));
}

/// A register block of G has `rows` × `vectors` vectors. With a panel of `width`
/// columns both of its sides lie within one panel.
template <typename S>
struct GramBlock {
  static constexpr int lanes = skinny::Simd<S>::lanes;
  static constexpr int vectors = 3;
  static constexpr int rows = 2 * skinny::register_rows / vectors;
  static constexpr int cols = vectors * lanes;
  static constexpr int width = std::lcm(rows, cols);

  static Index padded_rows(Index n) { return (n + rows - 1) / rows * rows; }
};

/// A tile in panels of `width` columns, from column `first_col` of A on. A panel is
/// stored row by row.
template <typename S>
class PackedTile {
  static constexpr Index width = GramBlock<S>::width;

 public:
  /// `first_col` is a multiple of `width`.
  PackedTile(Index first_col, Index cols)
      : first_col_(first_col),
        storage_(static_cast<std::size_t>(
            (cols - first_col + width - 1) / width * width * tile_rows + aligned)) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    constexpr std::uintptr_t bytes = aligned * sizeof(S);
    data_ = storage_.data() + (bytes - address % bytes) % bytes / sizeof(S);
  }

  /// Column j of the packed rows: its element in row k is at k·width.
  const S* column(Index j) const { return const_cast<PackedTile*>(this)->at(j); }

  /// Reads `count` rows of A − mean.
  template <typename T>
  void read(const Dense<T>& a, const Mean<double>& mean, Index first, Index count) {
    count_ = count;
    const auto value = [&](Index k, Index j) {
      const Index q = mean.per_row ? first + k : j;
      double x =
          static_cast<double>(a.data[(first + k) * a.row_stride + j * a.col_stride]);
      if (mean.data) x -= mean.data[q];
      if (mean.remainder) x -= mean.remainder[q];
      return static_cast<S>(x);
    };
    const bool by_rows = a.col_stride == 1;
    // Whole panels of rows with unit stride and a mean per column.
    const Index end = by_rows && !mean.per_row ? a.cols / width * width : first_col_;
    for (Index k = 0; k < count; ++k) {
      const T* row = a.data + (first + k) * a.row_stride;
      for (Index p = first_col_; p < end; p += width)
        read_vectors(row + p, mean, p, at(p) + k * width);
    }
    for (Index p = end; p < a.cols; p += width) {
      const Index p_end = std::min(p + width, a.cols);
      S* to = at(p);
      if (p_end - p < width) std::fill(to, to + count * width, S(0));
      if (by_rows)
        for (Index k = 0; k < count; ++k)
          for (Index j = p; j < p_end; ++j) to[k * width + j - p] = value(k, j);
      else
        for (Index j = p; j < p_end; ++j)
          for (Index k = 0; k < count; ++k) to[k * width + j - p] = value(k, j);
    }
  }

 private:
  static constexpr std::size_t aligned = 64 / sizeof(S);

  S* at(Index j) {
    const Index from_first = j - first_col_;
    return data_ + from_first / width * width * count_ + from_first % width;
  }

  template <typename T>
  static void read_vectors(const T* from, const Mean<double>& mean, Index col, S* to) {
    constexpr int lanes = skinny::Simd<double>::lanes;
    static_assert(width % lanes == 0);
    using DoubleVector = typename skinny::Simd<double>::Vector;
    typedef T In
        __attribute__((vector_size(lanes * sizeof(T)), aligned(sizeof(T)), may_alias));
    typedef S Out
        __attribute__((vector_size(lanes * sizeof(S)), aligned(sizeof(S)), may_alias));
#pragma GCC unroll 16
    for (Index j = 0; j < width; j += lanes) {
      DoubleVector x =
          __builtin_convertvector(*reinterpret_cast<const In*>(from + j), DoubleVector);
      if (mean.data) x -= skinny::vector_at(mean.data + col + j);
      if (mean.remainder) x -= skinny::vector_at(mean.remainder + col + j);
      *reinterpret_cast<Out*>(to + j) = __builtin_convertvector(x, Out);
    }
  }

  Index first_col_, count_ = tile_rows;
  std::vector<S> storage_;
  S* data_;
};

/// G (rows × V vectors) += Σ_k a_k·b_kᵀ, for columns a and b of a packed tile.
template <typename S, int V>
inline void add_block(const S* a, const S* b, Index depth, double* g, Index ldg) {
  using Vector = typename skinny::Simd<S>::Vector;
  constexpr int rows = GramBlock<S>::rows, lanes = GramBlock<S>::lanes;
  constexpr Index width = GramBlock<S>::width;
  constexpr int doubles_per_line = 8;
  // G is in L3 or in memory.
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < V * lanes; j += doubles_per_line)
      __builtin_prefetch(g + i * ldg + j, 1, 3);
  Vector sum[rows][V];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[i][v] = Vector{};
  for (Index k = 0; k < depth; ++k) {
    Vector x[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) x[v] = skinny::vector_at(b + k * width + v * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const S factor = a[k * width + i];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[i][v] += factor * x[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      skinny::add_in_float64<S>(g + i * ldg + v * lanes, sum[i][v]);
}

/// G += tileᵀ·tile for the columns [col, col_end) of G, on and below the diagonal.
/// Blocks that the diagonal crosses have entries above it as well.
template <typename S>
void add_lower_triangle(const PackedTile<S>& tile, Index count, Index n, Index col,
                        Index col_end, RowMatrix<double>& g) {
  using Block = GramBlock<S>;
  const Index rows_end = Block::padded_rows(n), cols_end = skinny::padded<S>(n);
  for (Index i0 = col; i0 < rows_end; i0 += rows_of_g_per_group) {
    const Index i_end = std::min(i0 + rows_of_g_per_group, rows_end);
    // The strip of b is in L1 for all rows of the group.
    for (Index j = col; j < std::min(col_end, i_end); j += Block::cols) {
      const S* b = tile.column(j);
      for (Index i = std::max(i0, j / Block::rows * Block::rows); i < i_end;
           i += Block::rows) {
        const Index to_diagonal = (i + Block::rows - 1 - j) / Block::lanes + 1;
        const Index vectors = std::min(to_diagonal, (cols_end - j) / Block::lanes);
        const S* a = tile.column(i);
        double* block = g.data() + i * g.cols() + j;
        if (vectors >= 3)
          add_block<S, 3>(a, b, count, block, g.cols());
        else if (vectors == 2)
          add_block<S, 2>(a, b, count, block, g.cols());
        else
          add_block<S, 1>(a, b, count, block, g.cols());
      }
    }
  }
}

}  // namespace latentia::svd
