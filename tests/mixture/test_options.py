"""Parameters out of range: the error names them, their value and what is allowed."""

import numpy as np
import pytest

from latentia import GaussianMixture

NO_INTEGER = [True, 2.0, "two", None, np.nan, [3]]
NO_NUMBER = ["small", None, True, np.nan, -1e-9, [1.0]]
WRONG = {
    "n_components": [0, -3, *NO_INTEGER],
    "covariance_type": ["round", "FULL", "", None, 3, ["full"]],
    "tol": NO_NUMBER,
    "reg_covar": [*NO_NUMBER, np.inf],
    "max_iter": [-1, *NO_INTEGER],
    "n_init": [0, -1, *NO_INTEGER],
    "init_params": ["k-means", "", None, 3],
    "random_state": ["seed", -1, 1.5],
    "warm_start": ["yes", None, 2],
    "verbose": [-1, "loud", None],
    "verbose_interval": [0, -1, *NO_INTEGER],
    "n_threads": [0, -1, 1.5, "all"],
}
CASES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=str)
def test_wrong_parameters(X, name, value):
    mixture = GaussianMixture(**{"n_components": 2, name: value})
    expected = vars(mixture).copy()
    named = "[sS]eed" if name == "random_state" else name
    with pytest.raises((TypeError, ValueError), match=named) as caught:
        mixture.fit(X)
    assert repr(value) in str(caught.value) or name == "random_state"
    assert vars(mixture) == expected


def test_numpy_numbers_are_numbers(X, same_mixture):
    mixture = GaussianMixture(
        np.int8(2),
        tol=np.float32(1e-3),
        reg_covar=np.float16(1e-3),
        max_iter=np.uint16(50),
        n_init=np.int64(1),
        warm_start=np.bool_(False),
        verbose=np.int32(0),
        verbose_interval=np.int64(3),
        random_state=np.int64(0),
        n_threads=np.int32(1),
    )
    plain = GaussianMixture(2, reg_covar=float(np.float16(1e-3)), random_state=0)
    same_mixture(mixture.fit(X), plain.fit(X))


STARTS = {
    "weights_init": np.full(2, 0.5),
    "means_init": np.zeros((2, 3)),
    "precisions_init": np.stack([np.eye(3)] * 2),
}
WRONG_STARTS = {
    "weights, too few": ("weights_init", [1.0], r"must have the shape \(2,\), got"),
    "weights, two axes": ("weights_init", [[0.5, 0.5]], r"shape \(2,\), got \(1, 2\)"),
    "weights, a number": ("weights_init", 0.5, r"shape \(2,\), got \(\)"),
    "weights, negative": (
        "weights_init",
        [1.5, -0.5],
        r"non-negative and sum to 1, got -0\.5",
    ),
    "weights, sum": ("weights_init", [0.5, 0.4], r"sum to 1, got the sum 0\.9"),
    "weights, NaN": ("weights_init", [np.nan, 1], r"must be finite, got nan at \(0,\)"),
    "weights, text": ("weights_init", ["a", "b"], "must be an array of numbers"),
    "means, rows": ("means_init", np.zeros((3, 3)), r"shape \(2, 3\), got \(3, 3\)"),
    "means, columns": ("means_init", np.zeros((2, 4)), r"shape \(2, 3\), got \(2, 4\)"),
    "means, one axis": ("means_init", np.zeros(6), r"shape \(2, 3\), got \(6,\)"),
    "means, infinite": ("means_init", [[0] * 3, [0, np.inf, 0]], r"inf at \(1, 1\)"),
    "means, ragged": ("means_init", [[0], [1, 2]], "must be an array of numbers"),
    "means, complex": ("means_init", np.ones((2, 3)) * 1j, "array of (real )?numbers"),
}


@pytest.mark.parametrize(
    ("name", "value", "message"), WRONG_STARTS.values(), ids=WRONG_STARTS
)
def test_wrong_starts(X, name, value, message):
    mixture = GaussianMixture(2, **{name: value})
    with pytest.raises((TypeError, ValueError), match=f"{name} .*{message}"):
        mixture.fit(X)
    assert not hasattr(mixture, "weights_")


SHAPES = {"full": (2, 3, 3), "tied": (3, 3), "diag": (2, 3), "spherical": (2,)}


def test_precisions_of_another_shape(X, type_):
    for other, shape in {**SHAPES, "none": (), "more": (3, 3, 3)}.items():
        if other != type_:
            mixture = GaussianMixture(
                2, covariance_type=type_, precisions_init=np.ones(shape)
            )
            with pytest.raises(ValueError, match="precisions_init must have the shape"):
                mixture.fit(X)


NOT_POSITIVE = {
    "zero": lambda shape: np.zeros(shape),
    "negative": lambda shape: -identity(shape),
    "singular": lambda shape: singular(shape),
    "indefinite": lambda shape: (
        identity(shape) - 1.5 * (identity(shape) > 0) * spot(shape)
    ),
}


def identity(shape):
    return np.ones(shape) if len(shape) < 3 and shape != (3, 3) else matrices(shape)


def matrices(shape):
    return np.broadcast_to(np.eye(3), shape).copy()


def spot(shape):
    out = np.zeros(shape)
    out[(-1,) * len(shape)] = 1
    return out


def singular(shape):
    return identity(shape) - identity(shape) * spot(shape)


@pytest.mark.parametrize("make", NOT_POSITIVE.values(), ids=NOT_POSITIVE)
def test_precisions_that_are_not_positive(X, type_, make):
    precisions = make(SHAPES[type_])
    mixture = GaussianMixture(2, covariance_type=type_, precisions_init=precisions)
    with pytest.raises(ValueError, match=r"precisions_init .*positive"):
        mixture.fit(X)
    assert not hasattr(mixture, "weights_")


@pytest.mark.parametrize("type_", ["full", "tied"])
@pytest.mark.parametrize("size", [1.0, 1e-6])
def test_precisions_that_are_not_symmetric(X, type_, size):
    precisions = size * (matrices(SHAPES[type_]) + 0.2 * np.triu(np.ones((3, 3)), 1))
    mixture = GaussianMixture(2, covariance_type=type_, precisions_init=precisions)
    with pytest.raises(ValueError, match=r"precisions_init .*symmetric"):
        mixture.fit(X)


@pytest.mark.parametrize("name", STARTS)
def test_starts_are_not_written_to(X, name):
    value = STARTS[name].copy()
    value.flags.writeable = False
    mixture = GaussianMixture(2, **{name: value}, random_state=0).fit(X)
    assert getattr(mixture, name) is value
    np.testing.assert_array_equal(value, STARTS[name])


def test_positional_arguments_are_those_of_scikit_learn():
    with pytest.raises(TypeError, match="positional"):
        GaussianMixture(2, "full")
