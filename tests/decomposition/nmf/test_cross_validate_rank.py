"""Held-out entries tell how many components there are."""

import numpy as np
import pytest
import scipy.sparse

import latentia
from latentia import NMF, RankValidation, cross_validate_rank
from latentia.decomposition.nmf import driver


@pytest.fixture
def ratings(made, stored, holes):
    return stored(holes(made(30, 20), 0.4))


def test_the_rank_of_a_matrix(made):
    """With noise, more components than there are foretell worse."""
    X = made(150, 60, rank=3)
    found = cross_validate_rank(
        X, range(1, 7), random_state=0, n_splits=2, init="random"
    )
    assert found.best_rank in (3, 4)
    assert found.errors.shape == (6, 2)
    assert found.mean[0] > 1.5 * found.mean[2]


def test_results(X):
    found = cross_validate_rank(X, (3, 1), n_splits=2, random_state=0)
    assert isinstance(found, RankValidation)
    assert found.ranks == (3, 1)
    assert found.errors.shape == (2, 2)
    np.testing.assert_array_equal(found.mean, found.errors.mean(axis=1))
    np.testing.assert_array_equal(found.std, found.errors.std(axis=1))
    assert latentia.decomposition.cross_validate_rank is cross_validate_rank


def test_table():
    errors = np.array([[2.0, 2.0], [1.0, 1.5], [1.25, 1.25], [3.0, 5.0]])
    found = RankValidation((1, 2, 3, 10), errors)
    assert found.best_rank == 2  # of equals the lowest
    lines = str(found).splitlines()
    assert len(lines) == 5
    assert [line.endswith("<- best") for line in lines] == [False, False, True] + [
        False
    ] * 2
    assert lines[2].split()[:4] == ["2", "1.25", "±", "0.25"]


@pytest.mark.parametrize("kind", ["dense", "nan", "unobserved"])
def test_errors(X, holes, stored, kind):
    """What a fit without the held-out entries foretells of them."""
    A = X if kind == "dense" else holes(X)
    given = stored(A) if kind == "unobserved" else A
    parameters = {"tol": 0, "max_iter": 30}
    missing = {} if kind == "dense" else {"missing": kind}
    found = cross_validate_rank(
        given, [2], fraction=0.2, n_splits=1, random_state=5, **parameters, **missing
    )
    random = np.random.RandomState(5)
    rows, columns = np.nonzero(~np.isnan(A))
    held = random.permutation(len(rows))[: round(0.2 * len(rows))]
    seed = int(random.randint(2**31 - 1))
    rest = A.copy()
    rest[rows[held], columns[held]] = np.nan
    # Of a complete X there are no penalties, though some of it is held out.
    alpha = 0.0 if kind == "dense" else "auto"
    nmf = NMF(2, missing="nan", alpha_W=alpha, random_state=seed, **parameters)
    predicted = nmf.fit_transform(rest) @ nmf.components_
    expected = (A - predicted)[rows[held], columns[held]]
    assert found.errors[0, 0] == pytest.approx(np.sqrt(np.mean(expected**2)), rel=1e-9)


def test_splits_and_seeds(X):
    def errors(random_state, ranks=(1, 2), **parameters):
        return cross_validate_rank(
            X, ranks, random_state=random_state, **parameters
        ).errors

    first = errors(0)
    np.testing.assert_array_equal(errors(0), first)
    np.testing.assert_array_equal(errors(np.random.RandomState(0)), first)
    np.testing.assert_array_equal(errors(0, ranks=(2,)), first[1:])
    for threads in (1, 2, 7):
        np.testing.assert_array_equal(errors(0, n_threads=threads), first)
    assert not np.array_equal(errors(1), first)
    assert len(np.unique(first[0])) == 3
    made = [errors(np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(*made)


def test_parameters_of_the_fits(X, ratings):
    settings = {"random_state": 0, "n_splits": 1}
    plain = cross_validate_rank(X, [2], **settings)
    for parameters in (
        {"solver": "mu"},
        {"solver": "mu", "beta_loss": "kullback-leibler"},
        {"alpha_W": 0.1},
    ):
        other = cross_validate_rank(X, [2], **settings, **parameters)
        assert not np.array_equal(other.errors, plain.errors)
    cross_validate_rank(ratings, [2], missing="unobserved", **settings)


def test_a_sparse_matrix_of_known_zeros(ratings):
    with pytest.raises(ValueError, match=r"X is sparse, .*missing='unobserved'"):
        cross_validate_rank(ratings, [1])


def test_fits_that_do_not_converge_are_no_matter(X):
    """Not worth a warning, which the tests take for an error."""
    cross_validate_rank(X, [2], max_iter=1, random_state=0)


def test_ctrl_c_ends_all(X, monkeypatch):
    """Half a table would be taken for a whole one."""
    calls, real = [], driver.error_of

    def error_of(divergence):
        calls.append(1)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return real(divergence)

    monkeypatch.setattr(driver, "error_of", error_of)
    with pytest.raises(KeyboardInterrupt):
        cross_validate_rank(X, [1, 2, 3], random_state=0, tol=0, max_iter=30)


WRONG = {
    "ranks": [
        ("none", []),
        ("a number", 3),
        ("text", "12"),
        ("zero", [0]),
        ("a fraction", [1.5]),
        ("truth", [True]),
        ("nothing", None),
        ("not a number", [np.nan]),
    ],
    "fraction": [
        (repr(value), value)
        for value in (0, 1, -0.1, 2, np.nan, np.inf, True, "a", None, [0.1])
    ],
    "n_splits": [(repr(value), value) for value in (0, -1, 1.5, True, None, "two")],
}
CASES = [
    pytest.param(name, value, id=f"{name}: {what}")
    for name, cases in WRONG.items()
    for what, value in cases
]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_wrong_arguments(X, name, value):
    arguments = {"ranks": [1, 2], "random_state": 0, name: value}
    with pytest.raises((TypeError, ValueError), match=name):
        cross_validate_rank(X, **arguments)


def test_fractions_of_too_little(X):
    for fraction in (1e-9, 1 - 1e-9):
        with pytest.raises(ValueError, match=f"697 observed .* got {fraction}"):
            cross_validate_rank(X, [1], fraction=fraction)
    cross_validate_rank([[1.0, 2.0]], [1], fraction=0.5, random_state=0)


def test_arguments_of_the_fits(X):
    with pytest.raises(TypeError, match="n_components"):
        cross_validate_rank(X, [1], n_components=3)
    with pytest.raises(TypeError, match="shell"):
        cross_validate_rank(X, [1], shell="rm")
    with pytest.raises(ValueError, match="solver"):
        cross_validate_rank(X, [1], solver="rm")
    with pytest.raises(ValueError, match="Negative"):
        cross_validate_rank(-X, [1])
    with pytest.raises(ValueError, match="contains NaN"):
        cross_validate_rank(X * np.nan, [1], missing=None)


def test_ranks_of_every_kind(X):
    for ranks in (range(1, 3), (r for r in (1, 2)), np.arange(1, 3), [np.int8(1), 2]):
        found = cross_validate_rank(X, ranks, n_splits=1, random_state=0)
        assert found.ranks == (1, 2)
        assert all(type(rank) is int for rank in found.ranks)
    repeated = cross_validate_rank(X, [2, 2], n_splits=1, random_state=0).errors
    assert repeated[0] == repeated[1]
    large = cross_validate_rank(X, [25], n_splits=1, random_state=0)
    assert np.isfinite(large.errors).all()


def test_empty_rows_and_columns_among_the_rest():
    """So few entries that some lose all of theirs."""
    rng = np.random.default_rng(0)
    A = scipy.sparse.random(40, 30, density=0.05, random_state=0, format="csr")
    A.data = rng.uniform(1, 5, len(A.data))
    found = cross_validate_rank(
        A, [1, 3], fraction=0.5, random_state=0, missing="unobserved"
    )
    assert np.isfinite(found.errors).all()
