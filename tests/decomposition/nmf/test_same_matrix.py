"""How a matrix is stored does not decide what it is split into, beyond rounding."""

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF
from latentia.decomposition.nmf.scan import scan
from latentia.rows import as_rows

SIZES = [(200, 60, 5, 0.1), (200, 60, 5, 0.5), (150, 40, 20, 0.2), (60, 90, 8, 0.95)]


def made(m, n, density):
    rng = np.random.default_rng(0)
    X = (rng.gamma(1, 1, (m, 3)) @ rng.gamma(1, 1, (3, n))) * rng.gamma(2, 1, (m, n))
    return np.where(rng.random((m, n)) < density, X, 0)


def with_stored_zeros(X):
    """CSR that stores every entry, zero or not."""
    full = scipy.sparse.csr_array(X + 1)
    full.data -= 1
    return full


@pytest.mark.parametrize("init", ["random", None])
@pytest.mark.parametrize(
    "loss", [{}, {"solver": "mu"}, {"solver": "mu", "beta_loss": 1.0}], ids=str
)
@pytest.mark.parametrize(("m", "n", "k", "density"), SIZES)
def test_dense_and_sparse(m, n, k, density, loss, init):
    X = made(m, n, density)
    nmf = NMF(k, init=init, max_iter=30, tol=0, random_state=0, **loss)
    W = nmf.fit_transform(X)
    H, encoded = nmf.components_, nmf.transform(X)
    forms = [np.asfortranarray(X), scipy.sparse.csr_array(X), scipy.sparse.csc_array(X)]
    for form in [*forms, with_stored_zeros(X)]:
        V = nmf.fit_transform(form)
        np.testing.assert_allclose(V, W, atol=1e-7 * W.max())
        np.testing.assert_allclose(nmf.components_, H, atol=1e-7 * H.max())
        same = nmf.transform(form)
        np.testing.assert_allclose(same, encoded, atol=1e-7 * encoded.max())


def test_blocks_and_dask(in_blocks):
    da = pytest.importorskip("dask.array")
    X = made(200, 60, 0.1)
    nmf = NMF(5, init="random", max_iter=30, tol=0, random_state=0)
    W = nmf.fit_transform(X)
    H, cuts = nmf.components_, [0, 1, 90, 200]
    for form in (
        in_blocks(X, cuts),
        in_blocks(scipy.sparse.csr_array(X), cuts),
        da.from_array(X, (70, -1)),
    ):
        V = np.asarray(nmf.fit_transform(form))
        np.testing.assert_allclose(V, W, atol=1e-7 * W.max())
        np.testing.assert_allclose(nmf.components_, H, atol=1e-7 * H.max())


@pytest.mark.parametrize("density", [0.0, 0.3, 0.85, 0.95, 1.0])
def test_nonzeros_are_counted_alike(density, in_blocks):
    """Nearly all count as all; the count may stop where more would not matter."""
    X = made(300, 40, density)
    true = np.count_nonzero(X)
    expected = X.size if true >= 0.9 * X.size else true
    forms = [X, np.asfortranarray(X), X[::2].repeat(2, axis=0)[:300] * 0 + X]
    forms += [scipy.sparse.csr_array(X), with_stored_zeros(X)]
    for form in [*map(as_rows, forms), in_blocks(X, [0, 7, 300])]:
        data = scan(form, None, n_threads=1)
        assert data.nonzeros(np.inf) == expected
        assert data.nonzeros(true / 3) >= true / 3
