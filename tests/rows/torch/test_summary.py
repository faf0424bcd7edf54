"""Size and moments of tensors, and the place of what is not finite."""

import numpy as np
import pytest
import scipy.sparse

from latentia.rows import as_rows, summarise

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("shape", [(1, 4), (5, 1), (6, 3), (7, 3), (8, 3), (200, 9)])
@pytest.mark.parametrize("offset", [0.0, 3.0, 1e6])
@pytest.mark.usefixtures("small_tiles")
def test_moments(dtype, near, shape, offset):
    A = np.random.default_rng(0).standard_normal(shape) + offset
    A[:, 0] *= 1e-9
    A = A.astype(dtype)
    ours, theirs = summarise(as_rows(torch.tensor(A))), summarise(as_rows(A))
    for name in ("sum", "square", "mean", "centred_square", "max_abs"):
        found, known = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(found, known, rtol=1e-9, atol=1e-18, err_msg=name)
    assert ours.n_rows == theirs.n_rows


@pytest.mark.parametrize("origin", [0.0, 2.0])
def test_moments_of_csr(dtype, as_csr_tensor, origin):
    stored = scipy.sparse.random(50, 7, 0.3, random_state=0, format="csr", dtype=dtype)
    from latentia.rows.summary import SummaryKernel

    kernel = SummaryKernel(1.0, np.full(7, origin))
    ours = as_rows(as_csr_tensor(stored)).reduce(kernel)
    theirs = as_rows(stored).reduce(kernel)
    for name in ("sum", "square", "max_abs"):
        found, known = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (6, 2), (7, 0), (19, 4)])
@pytest.mark.usefixtures("small_tiles")
def test_the_first_number_that_is_not_finite(dtype, as_csr_tensor, bad, place):
    A = np.ones((20, 5), dtype=dtype)
    A[place] = bad
    A[19, 4] = np.nan if place != (19, 4) else bad
    what = "NaN" if np.isnan(bad) else "infinity"
    by_columns = torch.tensor(A.T.copy()).T
    sparse = as_csr_tensor(scipy.sparse.csr_array(A))
    for tensor in (torch.tensor(A), by_columns, sparse):
        message = f"X contains {what}.* at row {place[0]}, column {place[1]}$"
        with pytest.raises(ValueError, match=message):
            summarise(as_rows(tensor))


def test_numbers_whose_squares_overflow():
    A = np.array([[1e200, 1.0], [-3e200, 2.0]])
    ours, theirs = summarise(as_rows(torch.tensor(A))), summarise(as_rows(A))
    assert ours.scale == theirs.scale < 1
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-12)


def test_an_empty_csr_matrix(as_csr_tensor):
    nothing = as_csr_tensor(scipy.sparse.csr_array((4, 3)))
    assert summarise(as_rows(nothing)).max_abs == 0
