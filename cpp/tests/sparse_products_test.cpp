#include "products.hpp"

namespace latentia::testing {
namespace {

template <typename T, typename I>
void every_mean(const Shape& shape) {
  const RowMatrix<T> a = sparse_matrix<T>(shape.m, shape.n, 1);
  const RowMatrix<T> mean = random_matrix<T>(1, std::max(shape.m, shape.n), 3);
  const CsrStorage<T, I> stored(a);
  agree_with_plain_loops<T>(stored.view, a, {}, shape.b, shape.text());
  agree_with_plain_loops<T>(stored.view, a, {mean.data(), false}, shape.b,
                            shape.text() + ", one mean per column");
  agree_with_plain_loops<T>(stored.view, a, {mean.data(), true}, shape.b,
                            shape.text() + ", one mean per row");
}

/// Rows are gathered in strips of up to four vectors.
template <typename T, typename I>
void every_width() {
  const RowMatrix<T> a = sparse_matrix<T>(31, 33, 1);
  for (Index vectors = 1; vectors <= 9; ++vectors)
    agree_with_plain_loops<T>(CsrStorage<T, I>(a).view, a, {},
                              vectors * skinny::Simd<T>::lanes,
                              std::to_string(vectors) + " vectors");
}

/// Entries that are stored twice are added, and columns may be in any order.
template <typename T>
void rows_need_not_be_canonical() {
  const std::int32_t row_start[] = {0, 4, 4, 6}, column[] = {2, 0, 2, 1, 1, 1};
  const T value[] = {1, 2, 3, 4, 5, 6};
  RowMatrix<T> a(3, 3);
  a << 2, 4, 4, 0, 0, 0, 0, 11, 0;
  const Csr<T, std::int32_t> view{3, 3, row_start, column, value};
  agree_with_plain_loops<T>(view, a, {}, 5, "unsorted and repeated columns");
}

template <typename T, typename I>
void all() {
  for (const Shape& shape : awkward) every_mean<T, I>(shape);
  every_width<T, I>();
  const RowMatrix<T> a = sparse_matrix<T>(4000, 300, 1), mean = a.topRows(1);
  const CsrStorage<T, I> stored(a);
  bits_do_not_depend_on_threads<T>(stored.view, {});
  bits_do_not_depend_on_threads<T>(stored.view, {mean.data(), false});
}

}  // namespace

void run() {
  all<float, std::int32_t>();
  all<double, std::int64_t>();
  rows_need_not_be_canonical<float>();
}

}  // namespace latentia::testing
