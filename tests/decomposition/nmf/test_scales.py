"""Numbers as large or small as their type can hold, among them products that cannot."""

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF, cross_validate_rank

SCALES = {
    np.float32: [-130, -66, 66, 125],
    np.float64: [-1030, -498, -66, 66, 498, 1017],
}
CASES = [
    pytest.param(dtype, power, id=f"{dtype.__name__} 2^{power}")
    for dtype, powers in SCALES.items()
    for power in powers
]
LOSSES = {
    "cd": {},
    "mu": {"solver": "mu"},
    "kl": {"solver": "mu", "beta_loss": 1.0},
}
START = {"init": "random", "random_state": 0, "tol": 0}


@pytest.fixture(params=["dense", "csr", "nan", "unobserved"])
def scaled(request, X, in_form):
    """scaled(dtype, power): X·2^power, X, and parameters; numbers of X are up to 1."""

    def make(dtype, power):
        # What is lost to denormal numbers X has not got either.
        large = np.ldexp(X / X.max(), power).astype(dtype)
        plain = np.ldexp(large.astype(np.float64), -power).astype(dtype)
        if request.param == "csr":
            pair = [scipy.sparse.csr_array(A * (plain > 0.2)) for A in (large, plain)]
            return *pair, {}
        forms = [in_form(A, request.param) for A in (large, plain)]
        return forms[0][0], forms[1][0], forms[0][2]

    return make


@pytest.mark.parametrize(("dtype", "power"), CASES)
def test_fits_at_any_scale(scaled, dtype, power, assert_factors):
    """A power of two changes no digit: the fit is that of X, times the scale."""
    large, plain, parameters = scaled(dtype, power)
    rtol, side = 1e-3 if dtype == np.float32 else 1e-6, 2.0 ** (power / 2)
    for loss in LOSSES.values():
        ours, near = (NMF(3, max_iter=15, **START, **parameters, **loss) for _ in "12")
        W, V = ours.fit_transform(large), near.fit_transform(plain)
        assert_factors(W, ours.components_)
        errors = ours.reconstruction_errs_ / side  # side² may be infinite
        errors = errors if "beta_loss" in loss else errors / side
        np.testing.assert_allclose(errors, near.reconstruction_errs_, rtol=rtol)
        for found, expected in (
            (W, V),
            (ours.components_, near.components_),
            (ours.transform(large), near.transform(plain)),
        ):
            atol = 10 * rtol * expected.max()
            np.testing.assert_allclose(found.astype(float) / side, expected, atol=atol)


@pytest.mark.parametrize("form", ["dense", "csr", "nan", "unobserved"])
def test_the_type_is_kept(X, in_form, dtype, form):
    for scale in (1e-20, 1.0, 1e20):
        for loss in LOSSES.values():
            A, _, parameters = in_form((X * scale).astype(dtype), form)
            nmf = NMF(3, max_iter=5, **START, **parameters, **loss)
            found = [nmf.fit_transform(A), nmf.components_, nmf.transform(A)]
            assert [factor.dtype for factor in found] == [dtype] * 3


@pytest.mark.parametrize("power", [-498, -66, 66, 498])
def test_new_rows_of_another_scale(X, power):
    nmf = NMF(3, max_iter=15, **START).fit(X)
    W = nmf.transform(np.ldexp(X, power))
    expected = nmf.transform(X)
    np.testing.assert_allclose(np.ldexp(W, -power), expected, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
@pytest.mark.parametrize("beta", [0.0, 0.5, 1.5, 3.0, -1.0])
def test_other_losses(X, dtype, scale, beta, assert_factors):
    nmf = NMF(3, solver="mu", beta_loss=beta, max_iter=15, **START)
    W = nmf.fit_transform((X * scale).astype(dtype))
    assert_factors(W, nmf.components_)
    found, errors = nmf.reconstruction_err_, nmf.reconstruction_errs_
    expected = nmf.fit(X).reconstruction_err_
    assert found / scale ** (beta / 2) == pytest.approx(expected, rel=1e-2)
    assert (np.diff(errors) <= 1e-5 * errors[:-1]).all()


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_batch_after_a_fit_of_another_unit(X, loss):
    """Of like rows it leaves H what it is, nearly; or it is refused and does so."""
    nmf = NMF(3, max_iter=300, **START, **loss).fit(np.ldexp(X, 36))
    before = nmf.components_.copy()
    try:
        nmf.partial_fit(np.ldexp(X, 20))
    except ValueError as error:
        assert "scale" in str(error)  # noqa: PT017
        np.testing.assert_array_equal(nmf.components_, before)
    np.testing.assert_allclose(nmf.components_, before, atol=0.05 * before.max())


def test_batches_that_cannot_be_added_up(X):
    nmf = NMF(3, max_iter=9, **START).fit(X)
    before = nmf.components_.copy()
    with pytest.raises(
        ValueError, match=r"X must have entries of moderate size, .* got .*scale X"
    ):
        nmf.partial_fit(X * 1e20)
    np.testing.assert_array_equal(nmf.components_, before)
    assert nmf.n_batches_seen_ == 1


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [(np.float32, 1e-30), (np.float32, 1e30)]
    + [(np.float64, scale) for scale in (1e-200, 1e-150, 1e150, 1e200)],
)
def test_held_out_errors(X, dtype, scale):
    plain = cross_validate_rank(X.astype(dtype), [1, 2, 3], random_state=0)
    other = cross_validate_rank((X * scale).astype(dtype), [1, 2, 3], random_state=0)
    rtol = 1e-2 if dtype == np.float32 else 1e-6
    np.testing.assert_allclose(other.errors / scale, plain.errors, rtol=rtol)
    assert other.best_rank == plain.best_rank


@pytest.mark.parametrize("size", [1e30, 1e300])
@pytest.mark.parametrize("name", ["alpha_W", "alpha_H"])
@pytest.mark.parametrize("solver", ["cd", "mu"])
def test_penalties_of_any_size(X, dtype, solver, name, size, assert_factors):
    """They may leave nothing, but numbers."""
    prices = {"alpha_W": 0.0, "alpha_H": 0.0} | {name: size}
    nmf = NMF(3, solver=solver, max_iter=50, **START, **prices)
    W = nmf.fit_transform(X.astype(dtype))
    assert_factors(W, nmf.components_)
    assert np.isfinite(nmf.reconstruction_errs_).all()


@pytest.mark.parametrize("size", [1e-170, 1e-30, 1e30, 1e170])
@pytest.mark.parametrize("solver", ["cd", "mu"])
def test_starts_of_any_size(X, start, dtype, solver, size, assert_factors):
    """They end in factors, or in an error that names them."""
    W, H = start(X.shape, 3)
    nmf = NMF(3, init="custom", solver=solver, tol=0, max_iter=50)
    try:
        found = nmf.fit_transform(X.astype(dtype), W=W * size, H=H * size)
    except ValueError as error:
        assert "W" in str(error) or "H" in str(error)  # noqa: PT017
        return
    assert_factors(found, nmf.components_)
    assert np.isfinite(nmf.reconstruction_err_)


def mixed(X, what):
    """X (41, 17) with numbers of other sizes in it, most others zero."""
    A = np.where(X > 1.5, X, 0)
    if what == "one column in other units":
        A[:, 3] *= 1e8
    elif what == "a sentinel row":
        A[7] = 9999
    else:
        A[:, 3] = 1.7e9 + np.arange(len(X))  # ids
    return A


@pytest.mark.parametrize("solver", ["cd", "mu"])
@pytest.mark.parametrize(
    "what", ["one column in other units", "a sentinel row", "large ids"]
)
def test_errors_beside_large_numbers(X, what, solver, dtype, assert_factors):
    """What is said of the fit is true of it, dense or sparse; float32 to its digits."""
    A = mixed(X, what).astype(dtype)
    for given in (A, np.asfortranarray(A), scipy.sparse.csr_array(A)):
        nmf = NMF(3, solver=solver, max_iter=40, tol=0, random_state=0)
        W = nmf.fit_transform(given)
        assert_factors(W, nmf.components_)
        left = A.astype(np.longdouble) - W.astype(np.longdouble) @ nmf.components_
        true = float(np.linalg.norm(left.astype(float)))
        digits = 50 * np.finfo(dtype).eps * np.linalg.norm(A.astype(float))
        assert nmf.reconstruction_err_ == pytest.approx(true, rel=1e-3, abs=digits)


@pytest.mark.parametrize("solver", ["cd", "mu"])
@pytest.mark.parametrize("missing", ["nan", "unobserved"])
def test_incomplete_beside_large_numbers(X, missing, solver, dtype, assert_factors):
    A = mixed(X, "a sentinel row").astype(dtype)
    A[A == 0] = np.nan
    if missing == "unobserved":
        where = np.nonzero(~np.isnan(A))
        A = scipy.sparse.coo_array((A[where], where), shape=A.shape).tocsr()
    nmf = NMF(3, solver=solver, missing=missing, max_iter=40, tol=0, random_state=0)
    assert_factors(nmf.fit_transform(A), nmf.components_)
    assert np.isfinite(nmf.reconstruction_err_)


@pytest.mark.parametrize("init", ["nndsvd", "nndsvda", "nndsvdar"])
def test_what_counts_as_zero_at_the_start(X, init):
    """Is the same in any unit, and rounding is not taken for a number.

    The mean that zeros become with the other starts is no factor's unit.
    """
    X[:, [2, 9]] = X[[5, 30]] = 0

    def product(A):
        nmf = NMF(3, init=init, max_iter=1, tol=0, random_state=0)
        return nmf.fit_transform(A).astype(float) @ nmf.components_

    expected = product(X)
    close = {"rtol": 0, "atol": 1e-4 * expected.max()}
    np.testing.assert_allclose(product(X.astype(np.float32)), expected, **close)
    for power in (-60, -20, 20) if init == "nndsvd" else ():
        found = np.ldexp(product(np.ldexp(X, power)), -power)
        np.testing.assert_allclose(found, expected, **close)
