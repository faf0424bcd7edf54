"""What holds for every matrix, looked for in arbitrary ones."""

import numpy as np
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from latentia import PCA, randomized_svd

FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@st.composite
def matrices(draw, least_rows=1):
    dtype = draw(st.sampled_from([np.float32, np.float64, np.int16, np.bool_]))
    shape = draw(st.tuples(st.integers(least_rows, 19), st.integers(1, 19)))
    elements = None
    if np.issubdtype(dtype, np.floating):
        width = np.dtype(dtype).itemsize * 8
        elements = st.floats(-1e4, 1e4, width=width, allow_subnormal=False)
        elements = elements.map(lambda x: x if abs(x) > 1e-4 else 0.0)
    A = draw(arrays.arrays(dtype, shape, elements=elements))
    storage = draw(
        st.sampled_from([np.array, np.asfortranarray, scipy.sparse.csr_array])
    )
    return storage(A)


def dense(A):
    return (A.toarray() if scipy.sparse.issparse(A) else A).astype(np.float64)


@FEW
@given(A=matrices(), data=st.data())
def test_identities(A, data):
    k = data.draw(st.integers(1, min(A.shape)))
    n_iter = data.draw(st.sampled_from(["auto", 0, 2]))
    center = data.draw(st.booleans())
    U, s, Vt = randomized_svd(A, k, n_iter=n_iter, center=center, random_state=0)
    B = dense(A)
    size = np.linalg.norm(B)
    if center:
        B = B - B.mean(axis=0)
    eps = np.finfo(s.dtype).eps
    limit = 1e-5 if s.dtype == np.float32 else 1e-12
    assert (s >= 0).all()
    assert (np.diff(s) <= 0).all()
    for Q in (U.astype(float), Vt.T.astype(float)):
        np.testing.assert_allclose(Q.T @ Q, np.eye(k), rtol=0, atol=limit)
    # B·V = U·diag(s), however good or bad the space is; Bᵀ·U = V·diag(s) of a wide
    # matrix, which is decomposed as its transpose.
    along = np.abs(B @ Vt.T - U * s).max(), np.abs(B.T @ U - Vt.T * s).max()
    assert min(along) <= 200 * eps * size
    # The best rank is the spectrum's; what was taken off is s: Pythagoras.
    exact = np.linalg.svd(B, compute_uv=False)
    assert (s <= exact[:k] + 200 * eps * size).all()
    if n_iter == "auto" or k == min(A.shape):
        np.testing.assert_allclose(s, exact[:k], rtol=0, atol=1e-3 * size + 1e-300)


@FEW
@given(X=matrices(least_rows=2), data=st.data())
def test_pca(X, data):
    k = data.draw(st.integers(1, min(X.shape)))
    pca = PCA(k, random_state=0)
    Z = pca.fit_transform(X)
    size = np.abs(dense(X)).max(initial=1e-300) * np.sqrt(X.shape[0] * X.shape[1])
    rtol = 1e-5 if Z.dtype == np.float32 else 1e-11
    np.testing.assert_allclose(pca.transform(X), Z, rtol=0, atol=20 * rtol * size)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=20 * rtol * size)
    assert (pca.explained_variance_ >= 0).all()
    assert pca.noise_variance_ >= 0
    assert -1e-6 <= pca.explained_variance_ratio_.sum() <= 1 + 1e-4
    if k == min(X.shape):
        np.testing.assert_allclose(
            pca.inverse_transform(Z), dense(X), rtol=0, atol=1e-3 * size
        )
