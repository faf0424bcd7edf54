"""Starts that do not fit: the error names them and what they must be."""

import numpy as np
import pytest

from latentia import GaussianMixture

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
