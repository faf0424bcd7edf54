"""Non-negative matrices, with holes and without, and what is true of any factors.

Sizes are awkward on purpose: none is a multiple of a vector's or a tile's length.
"""

import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn.decomposition
from sklearn.exceptions import ConvergenceWarning

from latentia import NMF

BETAS = [2.0, 1.0, 0.0, 0.5, 1.5, 2.5, 3.0, -0.5]
FORMS = ["dense", "csr", "nan", "unobserved"]


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=BETAS, ids=lambda beta: f"beta={beta:g}")
def beta(request):
    return request.param


@pytest.fixture(params=FORMS)
def form(request):
    """How X is stored, and what it does not say."""
    return request.param


SOLVERS = {
    "cd": {"solver": "cd"},
    **{
        f"mu {beta:g}": {
            "solver": "mu",
            "beta_loss": beta,
        }
        for beta in BETAS
    },
}


@pytest.fixture(params=SOLVERS.values(), ids=SOLVERS)
def solver(request):
    """A solver and its loss, as parameters."""
    return request.param


def _made(m=41, n=17, rank=3, *, seed=0):
    """Return a positive matrix near one of low rank."""
    rng = np.random.default_rng(seed)
    W, H = (np.abs(rng.standard_normal(shape)) for shape in ((m, rank), (rank, n)))
    return W @ H + rng.uniform(0.01, 0.5, (m, n))


@pytest.fixture
def made():
    """made(m, n, rank): a positive matrix."""
    return _made


@pytest.fixture
def X():
    """A positive matrix (41, 17)."""
    return _made()


def _holes(X, fraction=0.3, seed=1):
    """Return a copy in which some entries are NaN; every row and column keeps one."""
    m, n = X.shape
    gone = np.random.default_rng(seed).random(X.shape) < fraction
    gone[np.arange(m), np.arange(m) % n] = False
    gone[np.arange(n) % m, np.arange(n)] = False
    return np.where(gone, np.nan, X).astype(X.dtype)


@pytest.fixture
def holes():
    """holes(X, fraction): X with NaN here and there."""
    return _holes


def _stored(X):
    """Return as CSR what of X is not NaN, zeros too."""
    rows, columns = np.nonzero(~np.isnan(X))
    entries = X[rows, columns], (rows, columns)
    return scipy.sparse.coo_array(entries, shape=X.shape).tocsr()


@pytest.fixture
def stored():
    """stored(X): CSR of what is not NaN."""
    return _stored


def _in_form(X, form, *, zeros=True):
    """Return (X in this form, dense with NaN for what is unknown, parameters)."""
    if form == "dense":
        return X, X, {}
    if form == "csr":
        sparse = np.where(X > 1, X, 0).astype(X.dtype) if zeros else X
        return scipy.sparse.csr_array(sparse), sparse, {}
    gappy = _holes(X)
    if form == "nan":
        return gappy, gappy, {"missing": "nan"}
    return _stored(gappy), gappy, {"missing": "unobserved"}


@pytest.fixture
def in_form():
    """in_form(X, form, zeros=...): X, the same with NaN, and parameters for it."""
    return _in_form


@pytest.fixture
def start():
    """start(shape, k): positive W and H."""

    def make(shape, k, seed=2):
        rng = np.random.default_rng(seed)
        (m, n) = shape
        return tuple(rng.uniform(0.1, 1, size) for size in ((m, k), (k, n)))

    return make


@pytest.fixture
def pair():
    """pair(k, **parameters): our estimator and scikit-learn's."""

    def make(*args, **parameters):
        theirs = sklearn.decomposition.NMF(*args, **parameters)
        return NMF(*args, **parameters), theirs

    return make


@pytest.fixture
def unconverged():
    """unconverged(function): what it returns, where it may stop before the end."""

    def call(function, *args, **settings):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return function(*args, **settings)

    return call


def _assert_factors(*factors):
    for factor in factors:
        assert np.isfinite(factor).all()
        assert (factor >= 0).all()


@pytest.fixture
def assert_factors():
    """assert_factors(W, H): finite and not negative."""
    return _assert_factors
