"""Negative numbers, and what is not known of X."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import NMF

METHODS = ["fit", "fit_transform", "partial_fit"]
AFTER = ["transform", "partial_fit"]
STILL = {"tol": 0, "max_iter": 9, "random_state": 0}


def everywhere(X):
    """Unfitted and fitted methods in turn."""
    for method in METHODS:
        yield getattr(NMF(2, **STILL), method)
    for method in AFTER:
        yield getattr(NMF(2, **STILL).fit(X), method)


SPARSE = ["csr_array", "csc_matrix", "coo_array"]


def in_all_forms(A):
    return [A, np.asfortranarray(A), *(getattr(scipy.sparse, s)(A) for s in SPARSE)]


@pytest.mark.parametrize("place", [(0, 0), (17, 2), (40, 16)], ids=str)
def test_negative(X, place, dtype):
    spoilt = X.astype(dtype)
    spoilt[place] = -0.25
    row, column = place
    message = rf"Negative values.*X holds -0\.25 at row {row}, column {column}"
    for A in in_all_forms(spoilt):
        for method in everywhere(X):
            with pytest.raises(ValueError, match=message):
                method(A)


def test_negative_among_unknown(X, holes, stored):
    spoilt = holes(X)
    spoilt[17, 2] = -3
    for A, missing in ((spoilt, "nan"), (stored(spoilt), "unobserved")):
        with pytest.raises(ValueError, match="X holds -3 at row 17, column 2"):
            NMF(2, missing=missing).fit(A)


def test_negative_zeros_are_zeros(X):
    A = np.where(X > 1, X, 0.0)
    signed = np.where(A == 0, -0.0, A)
    expected = NMF(2, **STILL).fit_transform(A)
    np.testing.assert_array_equal(NMF(2, **STILL).fit_transform(signed), expected)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("missing", ["nan", "unobserved", None])
def test_infinite(X, bad, missing):
    spoilt = X.copy()
    spoilt[17, 2] = bad
    for A in in_all_forms(spoilt):
        with pytest.raises(ValueError, match=r"infinity .*at row 17, column 2"):
            NMF(2, missing=missing).fit(A)


def test_nan_in_what_a_sparse_matrix_stores(X, holes, stored):
    """With the other entries zeros it is an error, that says what to do."""
    spoilt = np.where(X > 1, X, 0)
    spoilt[17, 2] = np.nan
    with pytest.raises(ValueError, match=r"row 17, column 2.*'unobserved'"):
        NMF(2, missing="nan").fit(scipy.sparse.csr_array(spoilt))
    NMF(2, missing="unobserved", **STILL).fit(scipy.sparse.csr_array(spoilt))


def test_sparse_forms_of_what_is_known(X, holes, stored):
    """Repeated entries are added up; of what is stored zeros too are known."""
    A = stored(holes(np.where(X > 1, X, 0)))
    nmf = NMF(3, missing="unobserved", **STILL)
    expected = nmf.fit_transform(A)
    long = A.copy()
    long.indices, long.indptr = long.indices.astype("i8"), long.indptr.astype("i8")
    for other in (A.tocsc(), A.tocoo(), long):
        np.testing.assert_allclose(nmf.fit_transform(other), expected, rtol=1e-9)


def test_missing_values_of_a_frame(X, holes):
    gappy = holes(X)
    frame = pd.DataFrame(gappy).astype("Float64")
    nmf = NMF(3, missing="nan", **STILL)
    expected = nmf.fit_transform(gappy)
    np.testing.assert_array_equal(nmf.fit_transform(frame), expected)
