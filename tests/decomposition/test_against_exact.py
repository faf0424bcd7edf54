"""Every route on every kind of matrix against LAPACK's SVD in float64."""

import itertools

import numpy as np
import pytest

from latentia.decomposition.svd import SVDOptions, decompose
from latentia.rows import as_rows, summarise

# What rounding may add to the residual, as a fraction of ‖M‖. Routes that multiply with
# MᵀM see a singular value s as s² and lose those below √eps of the largest; the Gram
# matrix is float64 for both precisions.
ROUNDING = {
    ("lapack", np.float32): 1e-5,
    ("lapack", np.float64): 1e-13,
    ("gram", np.float32): 1e-5,
    ("gram", np.float64): 1e-7,
    # MᵀM in float32 knows a singular value to √eps of the largest, 3.5e-4.
    ("krylov", np.float32): 1e-3,
    ("krylov", np.float64): 1e-7,
}
PREPARED = [
    ("C", False, False),
    ("F", True, False),
    ("CSR", True, False),
    ("CSR", True, True),
]
ALL_PREPARED = [
    (name, center, scale)
    for name in ("C", "F", "CSR")
    for center in (False, True)
    for scale in (False, True)
]


METHODS = ["krylov", "power", "gram", "lapack"]


def ranks(shape):
    least = min(shape)
    return sorted({1, min(5, least), max(least - 1, 1), least})


def check(A, k, method, center, scale, exact, by_route):
    found = by_route(A, k, method, center=center, scale=scale)
    factors = found.U, found.s, found.V.T
    exact.check_form(*factors)
    # The caller fixes what power iteration does: it may miss a singular value.
    exact.check_bound(found.s, found.error_bound, by_index=method != "power")
    if method != "power":
        rounding = ROUNDING[method, A.dtype.type]
        exact.check_optimal(*factors, tol=1e-4, rounding=rounding)
    assert found.method == method
    assert found.residuals.shape == (k,)
    assert found.n_passes >= 1


@pytest.mark.parametrize(("storage", "center", "scale"), PREPARED)
def test_routes(matrix, storage, center, scale, formats, truth, by_route, case):
    turn = PREPARED.index((storage, center, scale))
    for j, dtype in enumerate((np.float32, np.float64)):
        A = formats[storage](matrix.astype(dtype))
        exact = truth(A, center=center, scale=scale)
        for i, method in enumerate(METHODS):
            # Each pair of rank, route, type and storage is there, once; -m slow has
            # all ranks by every route.
            if (turn // 2 + i) % 2 != j:
                continue
            for k in ranks(matrix.shape)[(turn + i // 2) % 2 :: 2] or [1]:
                with case(method=method, dtype=dtype.__name__, k=k):
                    check(A, k, method, center, scale, exact, by_route)


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "center", "scale"), ALL_PREPARED)
def test_all_ranks_by_all_routes(
    matrix, storage, center, scale, formats, truth, by_route, case
):
    for dtype in (np.float32, np.float64):
        A = formats[storage](matrix.astype(dtype))
        exact = truth(A, center=center, scale=scale)
        for method, k in itertools.product(METHODS, ranks(matrix.shape)):
            with case(method=method, dtype=dtype.__name__, k=k):
                check(A, k, method, center, scale, exact, by_route)


@pytest.mark.parametrize("method", ["krylov", "power", "gram", "lapack"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_storage_does_not_matter(method, dtype, formats, by_route, with_spectrum):
    matrix = with_spectrum((83, 29), np.logspace(0, -2, 29)).astype(dtype)
    found = [
        by_route(make(matrix), 4, method, center=True) for make in formats.values()
    ]
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    for other in found[1:]:
        np.testing.assert_allclose(other.s, found[0].s, rtol=tolerance)
        np.testing.assert_allclose(other.V, found[0].V, atol=tolerance)
        np.testing.assert_allclose(other.U, found[0].U, atol=tolerance)


def test_left_vectors_are_taken_once():
    """They lie in the memory of the basis, so a second call could only be wrong."""
    rows = as_rows(np.random.default_rng(0).random((30, 8)))
    result = decompose(
        rows,
        summarise(rows),
        3,
        SVDOptions(tol=1e-4, n_iter=0, n_oversamples=10, seed=0),
        method="auto",
        center=False,
        scale=False,
        want_U=True,
        n_threads=1,
    )
    U = result.take_U().result()
    np.testing.assert_allclose(U.T @ U, np.eye(3), atol=1e-12)
    with pytest.raises(RuntimeError, match="has been taken already"):
        result.take_U()
