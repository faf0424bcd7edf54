"""The products of tensors are those of the compiled kernels."""

import numpy as np
import pytest
import scipy.sparse

from latentia import rows
from latentia.rows import MemoryRows, as_rows
from latentia.rows.backend import kernels_of, products_of_rows

torch = pytest.importorskip("torch")

# One row, one column, fewer rows than columns, and the edges of tiles of seven rows.
SHAPES = [(1, 5), (9, 1), (4, 11), (6, 5), (7, 5), (8, 5), (29, 6)]


def matrix(shape, dtype, *, far):
    """Columns of different sizes; ``far``: about a mean of a thousand deviations."""
    rng = np.random.default_rng(shape[0])
    A = rng.standard_normal(shape) * 10.0 ** (np.arange(shape[1]) % 3)
    return (A + 1000.0 * far).astype(dtype)


def means(A, kind):
    """No mean, one for each column, its two parts, and one for each row."""
    exact = A.mean(axis=0, dtype=np.float64)[np.newaxis]
    rounded = exact.astype(A.dtype)
    rest = (exact - rounded).astype(A.dtype)
    of_rows = np.ascontiguousarray(A.mean(axis=1)[:, np.newaxis])
    return {"none": None, "one": rounded, "two": (rounded, rest), "rows": of_rows}[kind]


@pytest.mark.parametrize("kind", ["none", "one", "two", "rows"])
@pytest.mark.parametrize("far", [0, 1])
@pytest.mark.usefixtures("small_tiles")
def test_dense(dtype, near, kind, far):
    for shape in SHAPES:
        A = matrix(shape, dtype, far=far)
        for tensor in (torch.tensor(A), torch.tensor(A.T.copy()).T):
            compare(A, tensor, means(A, kind), near)


@pytest.mark.parametrize("kind", ["none", "one", "rows"])
@pytest.mark.usefixtures("small_tiles")
def test_sparse(dtype, near, kind, as_csr_tensor):
    for shape in SHAPES:
        A = matrix(shape, dtype, far=0)
        stored = scipy.sparse.csr_array(np.where(A > 0.3, A, 0))
        compare(stored, as_csr_tensor(stored), means(A, kind), near, dense=False)


def compare(A, tensor, mean, near, *, dense=True):
    ours, theirs = as_rows(tensor), as_rows(A)
    n, dtype = A.shape[1], A.dtype
    X = np.random.default_rng(1).standard_normal((n, 3)).astype(dtype)
    near(rows.normal_product(ours, X, mean=mean), direct(A, mean)[1] @ X)
    Y, expected = ours.empty_state(3), theirs.empty_state(3)
    found = rows.normal_product(ours, X, mean=mean, Y=Y)
    known = rows.normal_product(theirs, X, mean=mean, Y=expected)
    assert found.dtype == known.dtype == Y.dtype == dtype
    near(found, known)
    near(Y.to_numpy(), expected.to_numpy())
    near(rows.product(ours, X, mean=mean).result(), expected.to_numpy())
    near(
        rows.adjoint_product(ours, Y, mean=mean),
        rows.adjoint_product(theirs, expected, mean=mean),
    )
    near(rows.gram(ours, mean=mean), rows.gram(theirs, mean=mean), 1e-10)
    if dense and dtype == np.float32:
        near(
            rows.gram(ours, mean=mean, by_float32=True),
            rows.gram(theirs, mean=mean, by_float32=True),
        )


def direct(A, mean):
    """(A − mean) and its Gram matrix in float64."""
    M = np.asarray(A.toarray() if scipy.sparse.issparse(A) else A, dtype=np.float64)
    for part in () if mean is None else mean if isinstance(mean, tuple) else (mean,):
        M = M - part.astype(np.float64)
    return M, M.T @ M


@pytest.mark.usefixtures("small_tiles")
def test_a_product_may_take_the_place_of_its_rows(dtype, near):
    A = matrix((29, 4), dtype, far=0)
    X = np.eye(4, dtype=dtype)[::-1] * 2
    basis = as_rows(torch.tensor(A)).state_from_array(A)
    rows.product(basis, X, out=basis)
    near(basis.result(), A @ X)


@pytest.mark.usefixtures("small_tiles")
def test_columns_of_very_different_size(near):
    """A column in other units costs the others no digits."""
    A = matrix((200, 4), np.dtype(np.float64), far=0) * [1e9, 1, 1, 1e-9]
    found, known = rows.gram(as_rows(torch.tensor(A))), rows.gram(MemoryRows(A))
    scale = np.sqrt(np.diag(known))
    near(found / np.outer(scale, scale), known / np.outer(scale, scale), 1e-12)


def test_float32_sums_of_many_rows_are_added_in_float64():
    ones = torch.ones(3_000_000, 1)
    found = rows.normal_product(as_rows(ones), np.ones((1, 1), dtype=np.float32))
    assert found.item() == 3_000_000


@pytest.mark.parametrize("n_rows", [3, 8, 40])
def test_triangle_of_a_tall_matrix(dtype, near, n_rows):
    Y = matrix((n_rows, 8), dtype, far=0)
    R = kernels_of(torch.tensor(Y)).r_factor(torch.tensor(Y))
    assert R.shape == (8, 8)
    near(R.T @ R, Y.astype(np.float64).T @ Y.astype(np.float64), 1e-12)


def test_rows_of_products(dtype, near):
    Y = matrix((29, 4), dtype, far=0)
    near(
        products_of_rows(torch.tensor(Y), torch.tensor(Y + 1)),
        (Y * (Y + 1)).sum(1),
    )
