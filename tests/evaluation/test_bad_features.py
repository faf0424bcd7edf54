"""What no score takes: each error names the argument and what is wrong."""

import numpy as np
import pytest

from latentia.evaluation import (
    density_coverage,
    frechet_distance,
    kernel_distance,
    memorisation,
)

GOOD = np.random.default_rng(0).normal(size=(30, 4))
SCORES = [frechet_distance, kernel_distance, density_coverage]


def with_nan():
    bad = GOOD.copy()
    bad[7, 2] = np.nan
    return bad


BAD = [
    (with_nan(), ValueError, "nan at row 7, column 2"),
    (np.where(GOOD > 2, np.inf, GOOD), ValueError, "finite"),
    (GOOD[0], ValueError, r"shape \(n, d\)"),
    (GOOD[:, :0], ValueError, r"d of at least 1, got \(30, 0\)"),
    (GOOD[:1], ValueError, "at least .* rows, got 1"),
    (GOOD.astype(complex), TypeError, "real numbers, got dtype complex"),
    (np.full((30, 4), "x"), TypeError, "real numbers"),
]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(("bad", "error", "problem"), BAD)
def test_bad_features(score, bad, error, problem):
    with pytest.raises(error, match=problem):
        score(bad, GOOD)
    with pytest.raises(error, match=problem):
        score(GOOD, bad)


@pytest.mark.parametrize("score", SCORES)
def test_features_of_different_spaces(score):
    with pytest.raises(ValueError, match="one feature space, got 4 and 3 features"):
        score(GOOD, GOOD[:, :3])


@pytest.mark.parametrize("side", [0, 1, 2])
@pytest.mark.parametrize(("bad", "error", "problem"), BAD)
def test_bad_features_in_memorisation(side, bad, error, problem):
    sides = [GOOD, GOOD, GOOD]
    sides[side] = bad
    with pytest.raises(error, match=problem):
        memorisation(*sides)


def test_different_spaces_in_memorisation():
    with pytest.raises(ValueError, match="got 4, 4 and 3 features"):
        memorisation(GOOD, GOOD, GOOD[:, :3])
