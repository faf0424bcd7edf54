"""scikit-learn's numbers where the algorithm is the same, else none worse."""

import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn.decomposition
from scipy.optimize import nnls
from sklearn.datasets import load_digits

from latentia import NMF
from latentia.benchmarks.reference_numpy.beta_divergence import divergence

PENALTIES = {
    "no penalty": {},
    "both": {"alpha_W": 0.01, "alpha_H": 0.02, "l1_ratio": 0.3},
    "l1": {"alpha_W": 0.02, "l1_ratio": 1.0},
    "l2": {"alpha_W": 0.02},
    "W": {"alpha_W": 0.03, "alpha_H": 0.0, "l1_ratio": 0.5},
}
SHAPES = {
    "tall": (41, 17, 3),
    "wide": (9, 77, 4),
    "more than either": (7, 5, 9),
    "one component": (33, 31, 1),
    "one column": (19, 1, 1),
    "one row": (1, 19, 2),
}


@pytest.fixture(params=PENALTIES.values(), ids=PENALTIES)
def penalty(request):
    return request.param


def assert_same(W, ours, V, theirs, rtol=1e-12):
    for found, expected in ((W, V), (ours.components_, theirs.components_)):
        atol = rtol * np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


def sparse_pair(X, beta):
    """X with zeros where the loss can take them, as dense and as CSR."""
    A = np.where(X > 1, X, 0) if beta > 0 else X
    return {"dense": A, "csr": scipy.sparse.csr_array(A)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_multiplicative_updates(made, start, pair, beta, shape):
    m, n, k = shape
    W, H = start((m, n), k)
    for A in (made(m, n), *sparse_pair(made(m, n) + 0.6, beta).values()):
        ours, theirs = pair(
            k, init="custom", solver="mu", beta_loss=beta, tol=0, max_iter=9
        )
        found = ours.fit_transform(A, W=W, H=H)
        with np.errstate(invalid="ignore"):  # its error of an exact fit: √(−0.0…)
            expected = theirs.fit_transform(A, W=W.copy(), H=H.copy())
        assert_same(found, ours, expected, theirs, 5e-12)
        assert ours.n_iter_ == theirs.n_iter_ == 9


def test_penalties(X, start, pair, beta, penalty):
    W, H = start(X.shape, 3)
    for A in sparse_pair(X, beta).values():
        ours, theirs = pair(
            3,
            init="custom",
            solver="mu",
            beta_loss=beta,
            tol=0,
            max_iter=15,
            **penalty,
        )
        found = ours.fit_transform(A, W=W, H=H)
        expected = theirs.fit_transform(A, W=W.copy(), H=H.copy())
        assert_same(found, ours, expected, theirs)


@pytest.mark.parametrize("beta", [2.5, 3.0])
def test_above_two_products_are_what_they_are(pair, beta):
    """Only where it is divided by has a product a least value: there it is not."""
    A = np.diag([1.25, 2.0])
    W, H = np.array([[0.9], [0.3]]), np.array([[0.8, 0.4]])
    ours, theirs = pair(
        1, init="custom", solver="mu", beta_loss=beta, tol=0, max_iter=12
    )
    found = ours.fit_transform(A, W=W, H=H)
    assert_same(found, ours, theirs.fit_transform(A, W=W.copy(), H=H.copy()), theirs)


@pytest.mark.parametrize("form", ["dense", "csr"])
def test_errors(X, start, beta, form):
    """Of the start and after each iteration, each as scikit-learn defines them."""
    A, W, H = sparse_pair(X, beta)[form], *start(X.shape, 3)
    dense = A.toarray() if form == "csr" else A
    nmf = NMF(3, init="custom", solver="mu", beta_loss=beta, tol=0, max_iter=12)
    V = nmf.fit_transform(A, W=W, H=H)
    errors = nmf.reconstruction_errs_
    first = np.sqrt(2 * divergence(dense, W, H, beta))
    last = np.sqrt(2 * divergence(dense, V, nmf.components_, beta))
    assert errors.shape == (13,)
    np.testing.assert_allclose(errors[[0, -1]], [first, last], rtol=1e-9)
    assert nmf.reconstruction_err_ == errors[-1]


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_error_of_zeros(pair, beta):
    """Where X and W·H are 0, nothing is added, whatever is not divided by."""
    rng = np.random.default_rng(0)
    A = rng.uniform(0.5, 1, (60, 40)) * (rng.random((60, 40)) < 0.05)
    ours, theirs = pair(
        5, init="random", solver="mu", beta_loss=beta, tol=0, random_state=0
    )
    ours.fit(A)
    expected = theirs.fit(A).reconstruction_err_
    assert ours.reconstruction_err_ == pytest.approx(expected, rel=1e-6)
    sparse = NMF(**ours.get_params()).fit(scipy.sparse.csr_array(A))
    assert sparse.reconstruction_err_ == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("tol", [1e-2, 1e-3, 1e-5])
@pytest.mark.parametrize("beta", [2.0, 1.0, 0.5, 3.0])
def test_iterations_until_convergence(X, start, pair, unconverged, tol, beta):
    """An error is known one iteration late."""
    W, H = start(X.shape, 3)
    ours, theirs = pair(
        3, init="custom", solver="mu", beta_loss=beta, tol=tol, max_iter=400
    )
    unconverged(ours.fit, X, W=W, H=H)
    unconverged(theirs.fit, X, W=W.copy(), H=H.copy())
    assert theirs.n_iter_ <= ours.n_iter_ <= theirs.n_iter_ + 1
    assert ours.converged_ == (ours.n_iter_ < 400)


def test_random_start(X, pair, dtype):
    """The very numbers that scikit-learn draws."""
    ours, theirs = pair(
        4, init="random", solver="mu", random_state=7, tol=0, max_iter=5
    )
    A = X.astype(dtype)
    rtol = 1e-12 if dtype == np.float64 else 1e-5
    assert_same(ours.fit_transform(A), ours, theirs.fit_transform(A), theirs, rtol)


@pytest.mark.filterwarnings("ignore:.*nndsvd:UserWarning")
@pytest.mark.parametrize("init", ["nndsvd", "nndsvda", None])
@pytest.mark.parametrize("shape", [(41, 17), (17, 41)], ids=str)
def test_starts_from_singular_vectors(made, pair, init, shape):
    A = made(*shape)
    for X in (A, scipy.sparse.csr_array(np.where(A > 1, A, 0))):
        ours, theirs = pair(
            3, init=init, solver="mu", random_state=0, tol=0, max_iter=5
        )
        assert_same(ours.fit_transform(X), ours, theirs.fit_transform(X), theirs, 1e-4)


def test_zeros_of_a_start_are_filled_at_random(X, pair):
    ours, theirs = pair(3, init="nndsvdar", random_state=0, tol=0, max_iter=300)
    for nmf in (ours, theirs):
        nmf.fit(X)
    assert ours.reconstruction_err_ == pytest.approx(
        theirs.reconstruction_err_, rel=1e-2
    )


def test_what_a_start_warns_of(X, pair):
    for nmf in pair(3, init="nndsvd", solver="mu", tol=0, max_iter=3):
        with pytest.warns(UserWarning, match="nndsvdar"):
            nmf.fit(X)


# Coordinate descent: the same problem, by several sweeps a read.


def objective(A, W, nmf):
    """What the penalised fit makes small."""
    (m, n), H, p = A.shape, nmf.components_, nmf.get_params()
    alpha = 0.0 if p["alpha_W"] == "auto" else p["alpha_W"]
    alpha_h = alpha if p["alpha_H"] == "same" else p["alpha_H"]
    total = ((A - W @ H) ** 2).sum() / 2
    for factor, price in ((W, n * alpha), (H, m * alpha_h)):
        total += price * p["l1_ratio"] * factor.sum()
        total += price * (1 - p["l1_ratio"]) * (factor**2).sum() / 2
    return total


def slopes(A, W, nmf):
    """The objective's gradients: of W, and of H."""
    (m, n), H, p = A.shape, nmf.components_, nmf.get_params()
    alpha = 0.0 if p["alpha_W"] == "auto" else p["alpha_W"]
    alpha_h = alpha if p["alpha_H"] == "same" else p["alpha_H"]
    ratio = p["l1_ratio"]
    of_W = (W @ H - A) @ H.T + n * alpha * (ratio + (1 - ratio) * W)
    return of_W, W.T @ (W @ H - A) + m * alpha_h * (ratio + (1 - ratio) * H)


@pytest.mark.parametrize("name", ["no penalty", "both", "l1", "l2"])
@pytest.mark.parametrize("form", ["dense", "csr"])
def test_coordinate_descent_ends_where_no_step_is_left(X, form, name):
    """Karush, Kuhn and Tucker: x ≥ 0, slope ≥ 0, and one of both is 0."""
    A = sparse_pair(X, 2.0)[form]
    nmf = NMF(3, tol=0, max_iter=3000, random_state=0, **PENALTIES[name])
    W = nmf.fit_transform(A)
    dense = A.toarray() if form == "csr" else A
    for factor, slope in zip((W, nmf.components_), slopes(dense, W, nmf), strict=True):
        assert np.minimum(factor, slope).min() > -1e-3
        assert np.abs(np.minimum(factor, slope)).max() < 1e-3


def test_unused_components_become_zero(X):
    """Of a component whose other factor is gone, only the penalty is left."""
    A = X / X.max()
    nmf = NMF(4, alpha_W=0.1, l1_ratio=1.0, tol=0, max_iter=300, random_state=0)
    W = nmf.fit_transform(A)
    H = nmf.components_
    gone = (W == 0).all(axis=0) | (H == 0).all(axis=1)
    assert gone.any()
    assert not W[:, gone].any()
    assert not H[gone].any()


@pytest.mark.parametrize("init", [None, "random"])
@pytest.mark.parametrize("max_iter", [1, 5, 30, 300])
def test_coordinate_descent_is_no_worse(X, pair, init, max_iter):
    for A in sparse_pair(X, 2.0).values():
        ours, theirs = pair(3, init=init, tol=0, max_iter=max_iter, random_state=0)
        found = ours.fit(A).reconstruction_err_
        assert found <= 1.001 * theirs.fit(A).reconstruction_err_


@pytest.fixture(scope="module")
def digits():
    return load_digits().data


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
@pytest.mark.parametrize("alpha_H", ["same", 0.0])
@pytest.mark.parametrize("init", ["random", None])
def test_penalised_fits_stop_at_convergence(X, unconverged, l1_ratio, alpha_H, init):
    """The error alone may rise while the objective falls: no reason to stop."""
    nmf = NMF(
        3, alpha_W=0.01, alpha_H=alpha_H, l1_ratio=l1_ratio, init=init, random_state=0
    )
    found = objective(X, unconverged(nmf.fit_transform, X), nmf)
    further = objective(X, nmf.set_params(tol=0).fit_transform(X), nmf)
    assert found <= 1.01 * further


@pytest.mark.parametrize(
    "penalty", [{}, {"alpha_W": 1e-3, "l1_ratio": 1.0}], ids=["none", "l1"]
)
def test_sweeps_do_not_kill_components(digits, pair, unconverged, penalty):
    """From the default start; many sweeps against one H push whole columns to 0."""
    ours, theirs = pair(10, random_state=0, max_iter=60, tol=0, **penalty)
    W = unconverged(ours.fit_transform, digits)
    V = unconverged(theirs.fit_transform, digits)
    assert objective(digits, W, ours) <= 1.01 * objective(digits, V, theirs)
    assert W.any(axis=0).all()
    assert ours.components_.any(axis=1).all()


def test_rows_of_w_are_least_squares(X, unconverged):
    """What ``transform`` finds is SciPy's, row by row."""
    nmf = unconverged(NMF(3, random_state=0).fit, X)
    W = unconverged(nmf.set_params(tol=1e-12, max_iter=5000).transform, X)
    exact = np.array([nnls(nmf.components_.T, row)[0] for row in X])
    np.testing.assert_allclose(W, exact, atol=1e-7)


def test_hals_is_another_name(X):
    cd, hals = (NMF(3, solver=name, tol=0, max_iter=9) for name in ("cd", "hals"))
    np.testing.assert_array_equal(cd.fit_transform(X), hals.fit_transform(X))


def test_shuffled_coordinates(X):
    parameters = {"tol": 0, "max_iter": 200, "init": "random", "random_state": 0}
    plain = NMF(3, **parameters).fit(X)
    shuffled = NMF(3, shuffle=True, **parameters).fit(X)
    again = NMF(3, shuffle=True, **parameters).fit(X)
    np.testing.assert_array_equal(shuffled.components_, again.components_)
    assert not np.array_equal(shuffled.components_, plain.components_)
    assert shuffled.reconstruction_err_ == pytest.approx(
        plain.reconstruction_err_, rel=1e-2
    )


@pytest.mark.parametrize("beta", [0.5, 1.0, 1.5])
def test_the_least_numbers_become_zero(beta):
    """Those below ε: of H for β ≤ 1, of W for β < 1."""
    rng = np.random.default_rng(0)
    X, W, H = (rng.uniform(0.5, 1.5, shape) for shape in ((9, 7), (9, 3), (3, 7)))
    W[4, 1] = H[2, 5] = 1e-19
    parameters = {"init": "custom", "solver": "mu", "beta_loss": beta, "tol": 0}
    zeros = []
    for kind in (NMF, sklearn.decomposition.NMF):
        with warnings.catch_warnings(action="ignore"):
            nmf = kind(3, max_iter=1, **parameters)
            found = nmf.fit_transform(X, W=W.copy(), H=H.copy())
        zeros.append([found[4, 1] == 0, nmf.components_[2, 5] == 0])
    assert zeros == [[beta < 1, beta <= 1]] * 2
