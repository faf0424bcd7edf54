"""The checks of arguments that the estimators share."""

import re
from fractions import Fraction

import numpy as np
import pytest

from latentia import PCA, GaussianMixture
from latentia._arguments import check_choice, check_flag, check_real, check_tol


@pytest.mark.parametrize(
    "value", [0, 1, 0.5, np.float32(0.5), np.int8(1), Fraction(1, 2)]
)
def test_numbers_become_floats(value):
    found = check_real(value, "a", least=0, most=1)
    assert type(found) is float
    assert found == value


@pytest.mark.parametrize(
    ("bounds", "values", "allowed"),
    [
        ({}, [np.nan, np.inf, -np.inf], "a finite number"),
        ({"least": 0}, [-1e-9, np.nan, np.inf], "a number of at least 0"),
        ({"above": 0}, [0, -1.0, np.nan], "a number above 0"),
        ({"most": 2.5}, [2.6, np.inf, np.nan], "a number of at most 2.5"),
        (
            {"least": 0, "most": 1},
            [-0.1, 1.1],
            "a number of at least 0 and at most 1",
        ),
        ({"above": 0, "most": 1}, [0.0, 2], "a number above 0 and at most 1"),
    ],
)
def test_numbers_out_of_range(bounds, values, allowed):
    for value in values:
        message = re.escape(f"size must be {allowed}, got {value!r}") + "$"
        with pytest.raises(ValueError, match=message):
            check_real(value, "size", **bounds)


@pytest.mark.parametrize("value", [None, "1", True, np.True_, [1.0], 1j])
def test_what_is_not_a_number(value):
    with pytest.raises(TypeError, match="size must be a number of at least 0, got "):
        check_real(value, "size", least=0)


def test_a_tolerance_can_be_infinite():
    assert check_tol(np.inf) == np.inf
    assert check_real(3, "a", least=3, most=3) == 3


def test_flags():
    assert check_flag(np.True_, "flag") is True
    for value in (1, None, "yes"):
        with pytest.raises(TypeError, match="flag must be True or False, got"):
            check_flag(value, "flag")


def test_choices():
    choices = ("full", "tied", "diag")
    assert check_choice("tied", "kind", choices) == "tied"
    for value, hint in (
        ("Full", "; did you mean 'full'?"),
        ("diagonal", "; did you mean 'diag'?"),
        ("round", ""),
        (None, ""),
        (["full"], ""),
    ):
        expected = (
            f"kind must be one of full, tied, diag or an array, got {value!r}{hint}"
        )
        with pytest.raises(ValueError, match=re.escape(expected) + "$"):
            check_choice(value, "kind", choices, alternative="an array")


def test_estimators_suggest_a_choice():
    X = np.random.default_rng(0).random((9, 3))
    with pytest.raises(ValueError, match="got 'randomised'; did you mean 'randomized'"):
        PCA(2, svd_solver="randomised").fit(X)
    with pytest.raises(ValueError, match="got 'diagonal'; did you mean 'diag'"):
        GaussianMixture(2, covariance_type="diagonal").fit(X)
