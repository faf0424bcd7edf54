"""One direction far larger than all others must not cost these their digits."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

from latentia import PCA, TruncatedSVD
from latentia.decomposition.svd import plan
from latentia.decomposition.svd.orthonormal import Basis, householder_round

K = 6
RATIOS = {np.float32: [1e5, 1, 1e3, 1e7], np.float64: [1e10, 1, 1e6, 1e14]}
SIZES = {"tall": (403, 121), "wide": (121, 403), "very tall": (901, 41)}


def scaled(kind, ratio, shape, dtype):
    """Five directions and noise, and a singular value ``ratio`` times the others."""
    r = np.random.default_rng(0)
    m, n = shape
    A = r.standard_normal((m, 5)) @ r.standard_normal((5, n)) + r.standard_normal(shape)
    s = np.linalg.norm(A, 2)
    if kind == "column":
        A[:, 3] *= ratio
    elif kind == "level":
        A += ratio * s / (m * n) ** 0.5
    elif kind == "sentinel row":
        A[7] = -ratio * s / n**0.5
    elif kind == "steps":
        for j, factor in enumerate(np.logspace(0, np.log10(ratio), 4)[1:]):
            A[:, 3 * j] *= factor
    elif kind == "sparse column":
        A[r.random(shape) < 0.7] = 0
        A[:, 3] = ratio * np.abs(A[:, 3])
    return A.astype(dtype)


KINDS = ["column", "level", "sentinel row", "steps", "sparse column"]


def exact_values(A, center):
    B = A.astype(np.longdouble)
    for _ in range(2 if center else 0):  # the mean rounds relative to the level
        B = B - B.mean(axis=0)
    return np.linalg.svd(B.astype(np.float64), compute_uv=False)


def estimators(center):
    """What to fit, and how many of its values are accurate by its parameters."""
    if center:
        yield PCA(K, random_state=0), K - 1
        yield PCA(K, svd_solver="arpack", random_state=0), K
        yield PCA(K, svd_solver="covariance_eigh"), K
        yield PCA(K, svd_solver="full"), K
        power = PCA(K, svd_solver="randomized", iterated_power=6, random_state=0)
        yield power, K - 1
        yield PCA(K, tol=0, random_state=0), K
    else:
        yield TruncatedSVD(K, random_state=0), K - 1
        yield TruncatedSVD(K, algorithm="arpack", random_state=0), K
        yield TruncatedSVD(K, n_iter=6, random_state=0), K - 1
        yield TruncatedSVD(K, tol=0, random_state=0), K


def check(A, X, estimator, n_accurate, exact, as_lapack):
    """As exact as LAPACK in the same type, to ten times the tolerance."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.fit(X)
    s = estimator.singular_values_.astype(np.float64)
    error = np.abs(s - exact[:K])
    bound = estimator.error_bound_.astype(np.float64)
    assert (error <= bound * (1 + 1e-6)).all(), (estimator, error / bound)
    rounding = 8 * np.finfo(A.dtype).eps * exact[0] + 3 * as_lapack
    allowed = 1e-3 * exact[:K] + rounding
    assert (error[:n_accurate] <= allowed[:n_accurate]).all(), (
        estimator,
        estimator.method_,
        error / exact[:K],
    )


def combinations():
    """By default each pair of the four, of one ratio; -m slow has all of all."""
    sizes = ["tall", "wide", "blocks", "very tall"]
    given = [KINDS, [*RATIOS], sizes, [False, True]]
    for places in itertools.product(*(range(len(values)) for values in given)):
        chosen = [values[i] for values, i in zip(given, places, strict=True)]
        name = "-".join(getattr(v, "__name__", str(v)) for v in chosen)
        if sum(places) % 2 == 0 and "very tall" not in chosen:
            yield pytest.param(*chosen, 1, id=name)
        yield pytest.param(*chosen, None, id=f"{name}-all", marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("kind", "dtype", "size", "center", "n_ratios"), [*combinations()]
)
def test_singular_values_below_a_dominant_one(
    kind, dtype, size, center, n_ratios, monkeypatch, in_blocks
):
    monkeypatch.setattr(plan, "choose", lambda *_, **__: "krylov")
    shape = SIZES.get(size, SIZES["wide"])
    for ratio in RATIOS[dtype][:n_ratios]:
        A = scaled(kind, ratio, shape, dtype)
        X = scipy.sparse.csr_array(A) if kind == "sparse column" else A
        exact = exact_values(A, center)
        B = A - A.mean(axis=0) if center else A
        lapack = np.abs(scipy.linalg.svdvals(B)[:K] - exact[:K]).max()
        if size == "blocks":
            X = in_blocks(X, [0, 50, 121])
        for estimator, n_accurate in estimators(center):
            if size == "blocks" and "full" in estimator.get_params().values():
                continue
            check(A, X, estimator, n_accurate, exact, lapack)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors_below_a_dominant_one(dtype, monkeypatch):
    monkeypatch.setattr(plan, "choose", lambda *_, **__: "krylov")
    A = scaled("column", 1e4, SIZES["tall"], dtype)
    svd = TruncatedSVD(5, tol=1e-6, random_state=0)
    Z = svd.fit_transform(A).astype(np.float64)
    U, s, Vt = np.linalg.svd(A.astype(np.float64), full_matrices=False)
    overlap = np.abs(np.sum(svd.components_ * Vt[:5], axis=1))
    np.testing.assert_allclose(overlap, 1, atol=1e-4)
    cosine = np.abs(np.sum(Z * U[:, :5], axis=0)) / s[:5]
    np.testing.assert_allclose(cosine, 1, atol=2e-3)


def test_the_example_of_a_column_in_other_units():
    r = np.random.default_rng(0)
    X = r.standard_normal((1000, 5)) @ r.standard_normal((5, 200))
    X = (X + r.standard_normal((1000, 200))).astype("f4")
    X[:, 0] *= 1e5
    exact = exact_values(X, True)[1:6] ** 2 / 999
    for solver in ("auto", "randomized", "arpack", "covariance_eigh", "full"):
        pca = PCA(6, svd_solver=solver, random_state=0).fit(X)
        np.testing.assert_allclose(
            pca.explained_variance_[1:5], exact[:4], rtol=0.03, err_msg=solver
        )


@pytest.mark.parametrize(
    "shape", [(100, 100), (499, 500), (1000, 200), (60, 500), (300, 600)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_matrices_are_decomposed_exactly(shape, dtype):
    A = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    svd = TruncatedSVD(10, random_state=0).fit(A)
    exact = np.linalg.svd(A.astype(np.float64), compute_uv=False)[:10]
    rtol = 30 * np.finfo(dtype).eps
    np.testing.assert_allclose(svd.singular_values_, exact, rtol=rtol)
    assert svd.method_ in ("gram", "lapack")
    sparse = TruncatedSVD(10, random_state=0).fit(scipy.sparse.csr_array(A))
    np.testing.assert_allclose(sparse.singular_values_, exact, rtol=rtol)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arpack_takes_over_where_the_spectrum_is_flat(dtype, center, monkeypatch):
    monkeypatch.setattr(plan, "choose", lambda *_, **__: "krylov")
    X = scipy.sparse.random(
        900, 600, 0.01, format="csr", dtype=dtype, random_state=0
    ) + scipy.sparse.csr_array(([dtype(300)], ([3], [4])), shape=(900, 600))
    X = scipy.sparse.csr_array(X)
    dense = X.toarray().astype(np.float64)
    exact = exact_values(dense, center)[:5]
    estimator = (
        PCA(5, svd_solver="arpack", random_state=0)
        if center
        else TruncatedSVD(5, algorithm="arpack", random_state=0)
    )
    estimator.fit(X)
    assert estimator.method_ == "arpack"
    error = np.abs(estimator.singular_values_ - exact)
    assert (error <= 20 * np.finfo(dtype).eps * exact[0]).all()
    assert (error <= estimator.error_bound_).all()
    assert estimator.n_passes_ > 12  # those of block Krylov, which was given up, too
    V = estimator.components_
    np.testing.assert_allclose(V @ V.T, np.eye(5), atol=30 * np.finfo(dtype).eps)


@pytest.mark.parametrize(("dtype", "large"), [(np.float32, 3e4), (np.float64, 3e8)])
def test_bounds_of_arpack_below_a_dominant_value(dtype, large):
    """What was locked is certified apart: s₁² does not blur the others' bounds."""
    X = scipy.sparse.random(2000, 1500, 0.01, format="lil", dtype=dtype, random_state=0)
    X[3] = 0
    X[:, 4] = 0
    X[3, 4] = large
    X = X.tocsr()
    svd = TruncatedSVD(4, algorithm="arpack", random_state=0).fit(X)
    assert svd.method_ == "arpack"
    X[3, 4] = 0
    rest = X.astype(np.float64)
    others = scipy.sparse.linalg.svds(rest, 3, return_singular_vectors=False)
    error = np.abs(svd.singular_values_ - [large, *np.sort(others)[::-1]])
    assert (error <= svd.error_bound_).all()
    assert (svd.error_bound_ <= 500 * np.finfo(dtype).eps * large).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ratio", [1.0, 1e3, 1e8, 1e15])
def test_split_keeps_what_is_small_beside_a_dominant_direction(dtype, ratio):
    """Columns ratio·v·cᵀ + W: v is found, and orthonormal columns next to it."""
    r = np.random.default_rng(0)
    v, c = np.linalg.qr(r.standard_normal((97, 1)))[0], r.standard_normal((1, 9))
    Z = (ratio * v @ c + r.standard_normal((97, 9))).astype(dtype)
    K = np.linalg.qr(r.standard_normal((97, 4)))[0].astype(dtype)
    basis = Basis(97, np.dtype(dtype), 1, room=4)
    basis.append(K)
    H, Q, R = basis.orthogonalise(Z.copy())
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(Q.T @ Q, np.eye(9), atol=30 * eps)
    np.testing.assert_allclose(K.T @ Q, 0, atol=30 * eps)
    length = np.linalg.norm(Z.astype(np.float64), axis=0)
    back = K.astype(np.float64) @ H + Q.astype(np.float64) @ R
    assert (np.abs(back - Z) <= 30 * eps * length).all()


def test_nothing_left_of_a_column_is_replaced_at_random():
    r = np.random.default_rng(0)
    Z = np.repeat(r.standard_normal((31, 1)), 4, axis=1) * [1.0, 1e-9, 1e9, 0.0]
    Q, R = householder_round(Z, 3, seed=0)
    assert Q.shape == (31, 3)
    np.testing.assert_allclose(Q @ R, Z, rtol=1e-12, atol=1e-12)
    assert (R[1:] == 0).all()
    assert np.linalg.matrix_rank(Q) == 3
