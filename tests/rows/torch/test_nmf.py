"""NMF of tensors, against that of arrays: all solvers, divergences, kinds of entry."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from latentia import NMF, cross_validate_rank, non_negative_factorization
from latentia.rows import as_rows
from latentia.rows.backend import kernels_of

torch = pytest.importorskip("torch")

SOLVERS = {
    "hals": {},
    "mu": {"solver": "mu"},
    "kl": {"solver": "mu", "beta_loss": "kl"},
    "is": {"solver": "mu", "beta_loss": "is"},
    "β=0.5": {"solver": "mu", "beta_loss": 0.5},
    "β=1.5": {"solver": "mu", "beta_loss": 1.5},
    "β=3": {"solver": "mu", "beta_loss": 3.0},
    "β=-1": {"solver": "mu", "beta_loss": -1.0},
    "shuffle": {"shuffle": True},
    "l1": {"alpha_W": 1e-3, "alpha_H": 1e-3, "l1_ratio": 0.5},
    "mu, l1": {"solver": "mu", "alpha_W": 1e-3, "alpha_H": 1e-3, "l1_ratio": 0.5},
    "random": {"init": "random"},
    "nndsvdar": {"init": "nndsvdar"},
}
STORED = {
    "missing, hals": {"missing": "unobserved"},
    "missing, mu": {"missing": "unobserved", "solver": "mu"},
    "missing, kl": {"missing": "unobserved", "solver": "mu", "beta_loss": "kl"},
    "missing, β=3": {"missing": "unobserved", "solver": "mu", "beta_loss": 3.0},
    "missing, alpha": {"missing": "unobserved", "alpha_W": 0.01, "l1_ratio": 0.5},
}


def positive(shape, dtype, *, k=3):
    rng = np.random.default_rng(shape[0])
    X = rng.gamma(1.0, size=(shape[0], k)) @ rng.gamma(1.0, size=(k, shape[1]))
    return (X + 0.2 * rng.random(shape) + 0.05).astype(dtype)


def make(options, **others):
    given = {"n_components": 3, "random_state": 0, "max_iter": 12, "tol": 0}
    return NMF(**given | options | others)


def same_errors(ours, theirs, part):
    """Objectives agree to a part of the first: near zero they are differences."""
    found, known = ours.reconstruction_errs_**2, theirs.reconstruction_errs_**2
    assert len(found) == len(known)
    assert np.abs(found - known).max() <= part * known[0]


def compare(options, X, tensor, tolerance):
    theirs, ours = make(options), make(options)
    known, found = theirs.fit_transform(X), ours.fit_transform(tensor)
    assert isinstance(found, torch.Tensor)
    assert found.numpy().dtype == known.dtype
    same_errors(ours, theirs, tolerance)
    # Factors may differ in directions in which the objective is flat.
    loose = 2e-2 if known.dtype == np.float32 else 1e-6
    product = known @ theirs.components_
    size = np.abs(product).max()
    np.testing.assert_allclose(
        found.numpy() @ ours.components_, product, rtol=0, atol=loose * size
    )
    ours.components_ = theirs.components_
    ours.transform_max_iter = theirs.transform_max_iter = 5
    back = theirs.transform(X)
    np.testing.assert_allclose(
        make_like(theirs, tensor), back, rtol=0, atol=loose * np.abs(back).max()
    )


def make_like(model, tensor):
    found = model.transform(tensor)
    assert isinstance(found, torch.Tensor)
    return found


@pytest.fixture(autouse=True)
def unfinished():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS)
@pytest.mark.usefixtures("small_tiles")
def test_dense(options, dtype, tolerance):
    X = positive((29, 9), dtype)
    compare(options, X, torch.tensor(X), tolerance)


@pytest.mark.parametrize("shape", [(1, 6), (8, 1), (3, 12), (6, 5), (7, 5), (8, 5)])
@pytest.mark.parametrize("name", ["hals", "mu", "kl", "β=1.5"])
@pytest.mark.usefixtures("small_tiles")
def test_awkward_shapes(shape, name, dtype, tolerance):
    X = positive(shape, dtype)
    options = SOLVERS[name] | {"init": "random"}
    theirs, ours = make(options).fit(X), make(options).fit(torch.tensor(X))
    same_errors(ours, theirs, tolerance)


def stored_matrix(dtype, shape=(31, 9)):
    """Counts of which a third is stored; a row and a column have nothing."""
    X = positive(shape, dtype)
    X[np.random.default_rng(0).random(X.shape) < 0.6] = 0
    X[4], X[:, 3] = 0, 0
    return scipy.sparse.csr_array(X)


@pytest.mark.parametrize("name", ["hals", "mu", "kl", "β=1.5", "β=3", "random", "l1"])
@pytest.mark.usefixtures("small_tiles")
def test_sparse(name, dtype, tolerance, as_csr_tensor):
    stored = stored_matrix(dtype)
    compare(SOLVERS[name], stored, as_csr_tensor(stored), tolerance)


@pytest.mark.parametrize("options", STORED.values(), ids=STORED)
@pytest.mark.usefixtures("small_tiles")
def test_missing_entries(options, dtype, tolerance, as_csr_tensor):
    stored = stored_matrix(dtype)
    compare(options, stored, as_csr_tensor(stored), 10 * tolerance)


@pytest.mark.parametrize("solver", ["cd", "mu"])
def test_nan_is_missing(solver, dtype, tolerance):
    X = positive((31, 9), dtype)
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    options = {"missing": "nan", "solver": solver}
    compare(options, X, torch.tensor(X), 10 * tolerance)


@pytest.mark.parametrize("name", ["hals", "mu", "kl"])
def test_batches(name, dtype, tolerance):
    X = positive((90, 7), dtype)
    theirs, ours = make(SOLVERS[name]), make(SOLVERS[name])
    for begin in (0, 30, 60):
        theirs.partial_fit(X[begin : begin + 30])
        ours.partial_fit(torch.tensor(X[begin : begin + 30]))
    size = theirs.components_.max()
    loose = 1e-3 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(
        ours.components_, theirs.components_, rtol=0, atol=loose * size
    )


def test_given_and_fixed_factors(dtype, tolerance):
    X = positive((29, 9), dtype)
    rng = np.random.default_rng(1)
    W, H = rng.random((29, 3)), rng.random((3, 9))
    options = {"n_components": 3, "init": "custom", "max_iter": 5, "tol": 0}
    known = non_negative_factorization(X, W, H, **options)
    given = (torch.tensor(part) for part in (X, W, H))
    found = non_negative_factorization(*given, **options)
    for ours, theirs in zip(found[:2], known[:2], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=20 * tolerance)
    fixed = {"fixed_components": H[:1], "init": "random"}
    for solver in ("cd", "mu"):
        theirs, ours = (make(fixed, solver=solver) for _ in range(2))
        theirs.fit(X), ours.fit(torch.tensor(X))
        same_errors(ours, theirs, tolerance)


def test_an_exact_factorisation(dtype, as_csr_tensor):
    """The divergence is a difference that cancels: it is summed entry by entry."""
    X = positive((40, 8), np.float64, k=2)
    rng = np.random.default_rng(0)
    X = rng.random((40, 2)) @ (rng.random((2, 8)) * (rng.random((2, 8)) > 0.5))
    X[:3] = 0
    options = {"n_components": 2, "max_iter": 200}
    for source in (X.astype(dtype), scipy.sparse.csr_array(X.astype(dtype))):
        dense = isinstance(source, np.ndarray)
        tensor = torch.tensor(source) if dense else as_csr_tensor(source)
        theirs, ours = make(options).fit(source), make(options).fit(tensor)
        size = np.linalg.norm(X)
        assert ours.reconstruction_err_ < 1e-3 * size
        assert abs(ours.reconstruction_err_ - theirs.reconstruction_err_) < 1e-4 * size


def test_places_of_what_is_refused(as_csr_tensor):
    X = positive((20, 5), np.float64)
    X[13, 2] = -1.0
    for tensor in (torch.tensor(X), as_csr_tensor(scipy.sparse.csr_array(X))):
        with pytest.raises(ValueError, match="holds -1 at row 13, column 2"):
            NMF(2).fit(tensor)
    X[13, 2] = np.nan
    with pytest.raises(ValueError, match="contains NaN at row 13, column 2"):
        NMF(2).fit(torch.tensor(X))


def test_counts_and_least_values(dtype, as_csr_tensor):
    X = positive((20, 5), dtype)
    X[3:9, 1] = 0
    for tensor in (torch.tensor(X), as_csr_tensor(scipy.sparse.csr_array(X))):
        block = as_rows(tensor).block
        assert kernels_of(block).count_nonzero(block) == 94


def test_recommendations_from_a_tensor():
    X = positive((20, 6), np.float64)
    model = make({})
    W = model.fit_transform(torch.tensor(X))
    items, _ = model.recommend(W, 2)
    np.testing.assert_array_equal(items, model.recommend(W.numpy(), 2)[0])


def test_ranks_are_chosen_on_the_host():
    X = positive((30, 6), np.float64)
    found = cross_validate_rank(torch.tensor(X), [1, 2], random_state=0, max_iter=20)
    known = cross_validate_rank(X, [1, 2], random_state=0, max_iter=20)
    np.testing.assert_array_equal(found.errors, known.errors)
