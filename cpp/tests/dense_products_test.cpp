#include "products.hpp"

namespace latentia::testing {
namespace {

template <typename T>
void every_layout_and_mean(const Shape& shape) {
  const RowMatrix<T> a = random_matrix<T>(shape.m, shape.n, 1);
  const RowMatrix<T> offset = random_matrix<T>(1, std::max(shape.m, shape.n), 3);
  for (const Layout layout : layouts) {
    const DenseStorage<T> stored(a, layout);
    const std::string what =
        shape.text() + ", layout " + std::to_string(static_cast<int>(layout));
    agree_with_plain_loops<T>(stored.view, a, {}, shape.b, what);
    agree_with_plain_loops<T>(stored.view, a, {offset.data(), false}, shape.b,
                              what + ", one mean per column");
    agree_with_plain_loops<T>(stored.view, a, {offset.data(), true}, shape.b,
                              what + ", one mean per row");
  }
}

/// Strips are one, two or three vectors wide. 31 and 33 rows need blocks of all
/// heights.
template <typename T>
void every_width() {
  const RowMatrix<T> a = random_matrix<T>(31, 33, 1);
  for (const Layout layout : layouts)
    for (Index vectors = 1; vectors <= 7; ++vectors)
      agree_with_plain_loops<T>(DenseStorage<T>(a, layout).view, a, {},
                                vectors * skinny::Simd<T>::lanes,
                                std::to_string(vectors) + " vectors");
}

/// Strips may end with half a vector. Columns next to it are not written.
template <typename T>
void half_vectors() {
  constexpr Index max_halves = 13, lanes = skinny::Half<T>::lanes;
  const RowMatrix<T> a = random_matrix<T>(31, 33, 1),
                     b = random_matrix<T>(33, max_halves * lanes, 2);
  for (const Layout layout : layouts) {
    const DenseStorage<T> stored(a, layout);
    for (Index halves = 1; halves < max_halves; ++halves) {
      const Index cols = halves * lanes, others = b.cols() - cols;
      const std::string what = std::to_string(halves) + " half vectors";
      RowMatrix<T> c = RowMatrix<T>::Zero(a.rows(), b.cols());
      c.rightCols(others).setConstant(7);
      skinny::multiply_add<T>(stored.view, cols, b.data(), b.cols(), c.data(), c.cols(),
                              {a.data(), 0});
      check_near<T>(RowMatrix<T>(c.leftCols(cols)),
                    BoundedSums(a) * BoundedSums(RowMatrix<T>(b.leftCols(cols))),
                    a.cols(), what);
      check((c.rightCols(others).array() == 7).all(), "next to " + what);
    }
  }
}

/// X, Y and Z may be columns of wider matrices. Other columns are not changed.
template <typename T>
void narrow_matrices_may_be_slices() {
  const RowMatrix<T> a = random_matrix<T>(97, 31, 1),
                     wide = random_matrix<T>(31, 20, 2);
  const DenseStorage<T> stored(a, Layout::by_rows);
  const ConstMatrixView<T> x(wide.data() + 3, 31, 9, Eigen::OuterStride<>(20));
  RowMatrix<T> y = RowMatrix<T>::Constant(97, 20, 7), z = y.topRows(31);
  MatrixView<T> y_out(y.data() + 4, 97, 9, Eigen::OuterStride<>(20));
  MatrixView<T> z_out(z.data() + 5, 31, 9, Eigen::OuterStride<>(20));
  svd::normal_product<T>(stored.view, {}, x, &y_out, z_out, 1);

  const BoundedSums expected = BoundedSums(a) * BoundedSums(RowMatrix<T>(x));
  check_near<T>(y.middleCols(4, 9), expected, 31, "Y, in a wider matrix");
  check_near<T>(z.middleCols(5, 9), BoundedSums(a).transpose() * expected, 128,
                "Z, in a wider matrix");
  check((y.leftCols(4).array() == 7).all() && (y.rightCols(7).array() == 7).all() &&
            (z.leftCols(5).array() == 7).all() && (z.rightCols(6).array() == 7).all(),
        "columns next to Y and Z are not written");
}

template <typename T>
void product_may_lie_on_its_matrix() {
  RowMatrix<T> a = random_matrix<T>(5000, 33, 1);
  const RowMatrix<T> x = random_matrix<T>(33, 13, 2);
  const BoundedSums expected = BoundedSums(a) * BoundedSums(x);
  const RowMatrix<T> right = a.rightCols(20);
  svd::product<T>(Dense<T>{a.data(), 5000, 33, 33, 1}, {}, const_matrix_view(x),
                  MatrixView<T>(a.data(), 5000, 13, Eigen::OuterStride<>(33)), 2);
  check_near<T>(a.leftCols(13), expected, 33, "Y in the first columns of A");
  check(same_bits<T>(a.rightCols(20), right), "A next to Y is not written");
}

template <typename T>
void all() {
  for (const Shape& shape : awkward) every_layout_and_mean<T>(shape);
  every_width<T>();
  half_vectors<T>();
  narrow_matrices_may_be_slices<T>();
  product_may_lie_on_its_matrix<T>();
  // Large enough for seven threads.
  const RowMatrix<T> a = random_matrix<T>(2500, 193, 1), mean = a.topRows(1);
  for (const Layout layout : {Layout::by_rows, Layout::by_columns}) {
    const DenseStorage<T> stored(a, layout);
    bits_do_not_depend_on_threads<T>(stored.view, {});
    bits_do_not_depend_on_threads<T>(stored.view, {mean.data(), false});
  }
}

}  // namespace

void run() {
  all<float>();
  all<double>();
}

}  // namespace latentia::testing
