"""select_mixture: many mixtures, one table, the best."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia import GaussianMixture, select_mixture
from latentia.mixture import em
from latentia.mixture.parameters import CollapsedCovarianceError

TYPES = ["full", "tied", "diag", "spherical"]


@pytest.fixture
def easy(made):
    """Three round Gaussians far from each other (600, 2)."""
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [15, 0], [0, 15]])
    return centres[np.arange(600) % 3] + rng.standard_normal((600, 2))


def test_it_finds_what_there_is(easy, dtype):
    found = select_mixture(easy.astype(dtype), range(1, 6), random_state=0)
    assert found.criterion == "bic"
    assert (found.best.n_components, found.best.covariance_type) == (3, "spherical")
    tried = [(c.covariance_type, c.n_components) for c in found.candidates]
    assert tried == [(t, k) for t in TYPES for k in range(1, 6)]
    assert isinstance(found.best, GaussianMixture)
    np.testing.assert_array_equal(
        found.best.predict(easy), found.best.predict(easy.astype(dtype))
    )


def test_candidates_are_what_fits_are(easy, type_):
    parameters = {"random_state": 0, "n_init": 2, "reg_covar": 1e-4}
    found = select_mixture(easy, [1, 3], [type_], **parameters)
    for candidate in found.candidates:
        mixture = GaussianMixture(
            candidate.n_components, covariance_type=type_, **parameters
        ).fit(easy)
        assert candidate.bic == pytest.approx(mixture.bic(easy), rel=1e-10)
        assert candidate.aic == pytest.approx(mixture.aic(easy), rel=1e-10)
        assert candidate.log_likelihood == pytest.approx(mixture.score(easy))
        assert candidate.converged is True
        d, k = 2, candidate.n_components
        free = {"full": 3 * k, "tied": 3, "diag": 2 * k, "spherical": k}[type_]
        assert candidate.n_parameters == free + k * d + k - 1
        if candidate.n_components == found.best.n_components:
            np.testing.assert_array_equal(found.best.means_, mixture.means_)


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_the_best_has_least(made, criterion):
    X = made(120, 2, 3, apart=2.0)
    found = select_mixture(
        X, range(1, 7), criterion=criterion, random_state=0, max_iter=900
    )
    least = min(found.candidates, key=lambda c: getattr(c, criterion))
    assert found.criterion == criterion
    assert found.best.n_components == least.n_components
    assert found.best.covariance_type == least.covariance_type
    assert getattr(found.best, criterion)(X) == pytest.approx(getattr(least, criterion))


def test_table(easy):
    found = select_mixture(easy, [1, 3], ["full", "diag"], random_state=0)
    lines = str(found).splitlines()
    assert len(lines) == 5
    assert lines[0].split() == [
        "components",
        "covariance",
        "BIC",
        "AIC",
        "log-likelihood",
    ]
    starred = [line for line in lines if line.startswith("*")]
    assert [line.split()[1:3] for line in starred] == [["3", "diag"]]
    for line, candidate in zip(lines[1:], found.candidates, strict=True):
        cells = line.replace("*", "").split()
        assert cells[:2] == [str(candidate.n_components), candidate.covariance_type]
        assert float(cells[2]) == pytest.approx(candidate.bic, rel=1e-5)
        assert float(cells[3]) == pytest.approx(candidate.aic, rel=1e-5)
        assert float(cells[4]) == pytest.approx(candidate.log_likelihood, rel=1e-5)
    columns = {
        line.index(f" {word}")
        for line in lines[1:]
        for word in ("full", "diag")
        if f" {word}" in line
    }
    assert len(columns) == 1
    assert all(line == line.rstrip() and line.isascii() for line in lines)


def test_the_table_tells_what_did_not_converge(easy):
    """A warning for every candidate would drown it."""
    found = select_mixture(easy, [1, 5], ["full"], max_iter=2, tol=1e-9, random_state=0)
    assert "(not converged)" not in str(found).splitlines()[1]
    assert "(not converged)" in str(found).splitlines()[2]
    assert [c.converged for c in found.candidates] == [True, False]


def test_weights(easy):
    weight = np.random.default_rng(0).integers(0, 3, len(easy))
    ours = select_mixture(easy, [1, 3], ["full"], sample_weight=weight, random_state=0)
    repeated = np.repeat(easy, weight, axis=0)
    theirs = select_mixture(repeated, [1, 3], ["full"], random_state=0)
    for a, b in zip(ours.candidates, theirs.candidates, strict=True):
        assert a.bic == pytest.approx(b.bic, rel=1e-6)
        assert a.log_likelihood == pytest.approx(b.log_likelihood, rel=1e-6)


def test_one_weight_for_all(easy):
    """Weights mean the same as in ``fit``."""
    plain = select_mixture(easy, [1, 3], ["full"], random_state=0)
    found = select_mixture(easy, [1, 3], ["full"], sample_weight=1.0, random_state=0)
    for ours, theirs in zip(found.candidates, plain.candidates, strict=True):
        assert ours.bic == pytest.approx(theirs.bic, rel=1e-12)


def test_any_iterables(easy):
    found = select_mixture(
        easy,
        (k for k in (np.int64(1), 3)),
        iter(["full"]),
        random_state=0,
    )
    assert [c.n_components for c in found.candidates] == [1, 3]


def test_one_type_needs_no_list(easy):
    found = select_mixture(easy, range(1, 4), "diag", random_state=0)
    tried = [(c.covariance_type, c.n_components) for c in found.candidates]
    assert tried == [("diag", k) for k in range(1, 4)]


def test_the_first_of_equals(easy):
    found = select_mixture(easy, [3, 3], ["full"], random_state=0)
    assert found.candidates[0].bic == found.candidates[1].bic
    assert [line[0] for line in str(found).splitlines()[1:]] == ["*", " "]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_components": []}, r"n_components and .* must not be empty, got \[\]"),
        ({"n_components": [0]}, "n_components must be at least 1, got 0"),
        ({"n_components": [2.5]}, "n_components must be an integer, got 2.5"),
        ({"n_components": 3}, r"iterable of integers, such as range\(1, 11\), got 3"),
        ({"covariance_types": []}, "covariance_types"),
        ({"covariance_types": ["round"]}, "covariance_types must be .* got 'round'"),
        ({"covariance_types": "diagonal"}, "got 'diagonal'; did you mean 'diag'"),
        ({"criterion": "icl"}, "criterion must be one of bic, aic, got 'icl'"),
        ({"criterion": None}, "criterion must be one of bic, aic, got None"),
        ({"tol": -1}, "tol must be"),
        ({"colour": "red"}, "colour"),
        ({"n_components": [1, 1000]}, "n_components=1000 must .* n_samples=600"),
        ({"sample_weight": [1.0]}, "sample_weight must have the shape"),
    ],
    ids=str,
)
def test_wrong_arguments(easy, wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        select_mixture(easy, **{"n_components": [1], **wrong})


def test_wrong_rows(easy):
    easy[3, 1] = np.nan
    with pytest.raises(ValueError, match="X contains NaN at row 3, column 1"):
        select_mixture(easy)


def test_candidates_that_collapse(easy):
    """Are listed, and are not the best."""
    X = np.c_[easy, easy[:, 0]]
    found = select_mixture(X, [1], ["full", "spherical"], reg_covar=0, random_state=0)
    full, spherical = found.candidates
    assert full.bic == full.aic == np.inf
    assert full.log_likelihood == -np.inf
    assert full.converged is False
    assert np.isfinite(spherical.bic)
    assert found.best.covariance_type == "spherical"
    assert "inf" in str(found).splitlines()[1]
    with pytest.raises(ValueError, match="every mixture"):
        select_mixture(np.ones((9, 2)), [1], reg_covar=0)


def ctrl_c_at(monkeypatch, call):
    """Press it in the pass of this number; return the list of passes so far."""
    real, calls = em.e_step_statistics, []

    def e_step_statistics(*arguments):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(em, "e_step_statistics", e_step_statistics)
    return calls


@pytest.mark.parametrize("call", [11, 14])
def test_ctrl_c_ends_the_search(easy, monkeypatch, call):
    """Not one candidate of it: what was tried before is kept."""
    calls = ctrl_c_at(monkeypatch, call)
    with pytest.warns(
        ConvergenceWarning, match="interrupted after 2 mixtures"
    ) as caught:
        found = select_mixture(easy, range(2, 9), tol=0, max_iter=5, random_state=0)
    assert caught[0].filename == __file__
    assert len(calls) == call
    assert [c.n_components for c in found.candidates] == [2, 3]
    assert found.best.n_components == 3


@pytest.mark.parametrize("call", [1, 4])
def test_ctrl_c_before_there_is_anything(easy, monkeypatch, call):
    calls = ctrl_c_at(monkeypatch, call)
    try:
        select_mixture(easy, range(2, 9), tol=0, max_iter=5, random_state=0)
    except KeyboardInterrupt:
        assert len(calls) == call
    else:
        pytest.fail("Ctrl-C was lost")


def test_errors_of_fits_come_through(easy, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(em, "e_step_statistics", fail)
    with pytest.raises(MemoryError):
        select_mixture(easy)


def test_the_public_names():
    assert latentia.select_mixture is select_mixture
    assert issubclass(CollapsedCovarianceError, ValueError)


def test_more_components_than_rows_with_a_weight():
    """Refused before the first fit."""
    X, w = np.random.default_rng(0).normal(size=(50, 2)), np.zeros(50)
    w[:4] = 1
    with pytest.raises(ValueError, match="with a positive sample_weight, 4"):
        select_mixture(X, [1, 5], "diag", sample_weight=w)
