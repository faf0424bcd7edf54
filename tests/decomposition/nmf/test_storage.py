"""Files of factors that other estimators do not have."""

import numpy as np
import pytest

from latentia import NMF

STILL = {"tol": 0, "max_iter": 9, "random_state": 3}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nmf.safetensors"


@pytest.mark.parametrize("form", ["nan", "unobserved"])
def test_what_is_learnt_of_holes(X, in_form, form, dtype, path):
    """It comes back to the bit; of NaN a further batch can be learnt, too."""
    A, _, parameters = in_form(X.astype(dtype), form)
    nmf = NMF(3, **STILL, **parameters).fit(A)
    if form == "nan":
        nmf.partial_fit(A[:20])
    nmf.save(path)
    loaded = NMF.load(path)
    np.testing.assert_array_equal(loaded.transform(A), nmf.transform(A))
    if form == "nan":
        nmf.partial_fit(A[20:])
        np.testing.assert_array_equal(
            loaded.partial_fit(A[20:]).components_, nmf.components_
        )
        assert loaded.n_batches_seen_ == nmf.n_batches_seen_ == 3


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_an_error_beyond_all_numbers(X, path):
    """The factors are fine; √(2·divergence) is not to be had in float64."""
    nmf = NMF(2, solver="mu", beta_loss=3.0, init="random", **STILL).fit(X * 1e300)
    assert np.isfinite(nmf.components_).all()
    nmf.save(path)
    np.testing.assert_array_equal(NMF.load(path).components_, nmf.components_)


def test_factors_of_another_order(X, path):
    nmf = NMF(3, **STILL).fit(X)
    expected = nmf.transform(X)
    nmf.components_ = np.asfortranarray(nmf.components_)
    nmf.save(path)
    np.testing.assert_array_equal(NMF.load(path).transform(X), expected)
