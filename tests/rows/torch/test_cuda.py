"""On a CUDA device: fits, and blocks that are copied while it works."""

import warnings

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD, rows

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

FITS = {
    "PCA": (lambda: PCA(3, random_state=0), "singular_values_"),
    "Krylov": (
        lambda: PCA(3, svd_solver="randomized", tol=1e-9, random_state=0),
        "singular_values_",
    ),
    "SVD": (lambda: TruncatedSVD(3, random_state=0, tol=1e-9), "singular_values_"),
    "HALS": (lambda: NMF(3, max_iter=8, tol=0, random_state=0), "reconstruction_errs_"),
    "KL": (
        lambda: NMF(3, solver="mu", beta_loss="kl", max_iter=8, tol=0, random_state=0),
        "reconstruction_errs_",
    ),
}
MISSING = {
    solver: (
        lambda solver=solver: NMF(
            3, solver=solver, missing="unobserved", max_iter=8, tol=0, random_state=0
        ),
        "reconstruction_errs_",
    )
    for solver in ("cd", "mu")
}
MIXTURES = {
    kind: (
        lambda kind=kind: GaussianMixture(
            3, covariance_type=kind, max_iter=8, tol=0, random_state=0
        ),
        "lower_bounds_",
    )
    for kind in ("full", "tied", "diag", "spherical")
}


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def X(request):
    rng = np.random.default_rng(0)
    values = rng.gamma(1.0, size=(2000, 3)) @ rng.gamma(1.0, size=(3, 30))
    return (values + 0.2 * rng.random((2000, 30))).astype(request.param)


@pytest.fixture(autouse=True)
def unfinished():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compare(fit, X, tensor):
    make, attribute = fit
    theirs, ours = make().fit(X), make().fit(tensor)
    known, found = (np.asarray(getattr(model, attribute)) for model in (theirs, ours))
    rtol = 1e-5 if X.dtype == np.float32 else 1e-10
    np.testing.assert_allclose(found, known, rtol=0, atol=rtol * np.abs(known).max())
    use = ours.transform if hasattr(ours, "transform") else ours.predict
    assert use(tensor).device == tensor.device


@pytest.mark.parametrize("name", [*FITS, *MIXTURES])
def test_dense(name, X):
    compare((FITS | MIXTURES)[name], X, torch.tensor(X, device="cuda"))


@pytest.mark.parametrize("name", [*FITS, *MISSING])
def test_sparse(name, X):
    X[np.median(X) > X] = 0
    stored = scipy.sparse.csr_array(X)
    tensor = torch.tensor(X, device="cuda").to_sparse_csr()
    compare((FITS | MISSING)[name], stored, tensor)


def test_the_first_number_that_is_not_finite(X):
    tensor = torch.tensor(X, device="cuda")
    tensor[1234, 5] = float("nan")
    with pytest.raises(ValueError, match="X contains NaN at row 1234, column 5"):
        PCA(2).fit(tensor)


@pytest.mark.parametrize("sparse", [False, True])
def test_blocks_that_are_copied_in_turn(X, sparse):
    if sparse:
        X[np.median(X) > X] = 0
        X = scipy.sparse.csr_array(X)
    blocks = [X[begin : begin + 300] for begin in range(0, 2000, 300)]
    known = PCA(3, random_state=0).fit(X)
    source = rows.open(lambda: iter(blocks), memory="1MB", device="cuda")
    found = PCA(3, random_state=0).fit(source)
    np.testing.assert_allclose(
        found.singular_values_, known.singular_values_, rtol=1e-5
    )
    assert isinstance(found.transform(source), np.ndarray)
