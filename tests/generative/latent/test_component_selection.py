"""How many components held-out codes ask for."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative.latent.component_selection import (
    check_components,
    choose_components,
    fit_mixture,
    most_components,
    sampled_components,
)


def clusters(k, n_each=300, dim=2, seed=0):
    """Return standardised codes in clusters far from each other."""
    random = np.random.default_rng(seed)
    angle = 2 * np.pi * np.arange(k) / k
    centres = np.zeros((k, dim))
    centres[:, 0], centres[:, 1] = 20 * np.cos(angle), 20 * np.sin(angle)
    codes = np.repeat(centres, n_each, axis=0) + random.normal(size=(k * n_each, dim))
    return ((codes - codes.mean(0)) / codes.std(0)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_separate_clusters_are_counted(k):
    if k == 1:
        codes = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    else:
        codes = clusters(k)
    found, held_out = choose_components(codes, "full", 0)
    assert found == k
    assert max(held_out, key=held_out.get) == k


def test_numbers_double_until_held_out_codes_are_no_likelier():
    _, held_out = choose_components(clusters(4), "full", 0)
    assert list(held_out) == [1, 2, 4, 8]
    assert held_out[1] < held_out[2] < held_out[4] >= held_out[8]


def test_held_out_likelihood_is_of_a_tenth_that_was_not_fitted():
    codes = clusters(2, n_each=50)
    _, held_out = choose_components(codes, "full", 7)
    order = np.random.default_rng(7).permutation(100)
    rest, tenth = codes[order[10:]], codes[order[:10]]
    mixture = fit_mixture(rest, 2, "full", 7, max_iter=10)
    assert held_out[2] == pytest.approx(mixture.score(tenth))


@pytest.mark.parametrize(
    ("n", "dim", "most"),
    [(1, 1, 1), (9, 1, 1), (10, 1, 1), (20, 1, 2), (1797, 64, 2), (60_000, 32, 100)],
)
def test_ten_codes_a_dimension_for_each_component(n, dim, most):
    assert most_components(n, dim) == most


@pytest.mark.parametrize(
    ("n", "dim", "k"),
    [
        (1, 1, 1),
        (99, 1, 1),
        (100, 1, 2),  # 50 codes each
        (1930, 2, 38),
        (1347, 64, 8),
        (6000, 64, 48),
        (60_000, 64, 773),
        (10**6, 32, 800),
        (10**6, 128, 200),  # covariances of 7 MB
        (10**6, 2000, 1),
    ],
)
def test_components_of_samples_have_fewer_codes(n, dim, k):
    assert sampled_components(n, dim) == k


def test_the_limit_is_tried_and_not_passed():
    # 16 clusters of 20 codes, which allow for 16 · 20 / 20 = 16, less one code.
    found, held_out = choose_components(clusters(16, n_each=20)[:-1], "full", 0)
    assert max(held_out) == 15
    assert found == 15


@pytest.mark.parametrize("n", [1, 2, 39])
def test_few_codes_are_one_gaussian_without_a_question(n):
    codes = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    assert choose_components(codes, "full", 0) == (1, {})


@pytest.mark.parametrize("type_", ["full", "tied", "diag", "spherical"])
def test_every_covariance_type(type_):
    assert choose_components(clusters(4), type_, 0)[0] >= 4


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("many", ValueError, "n_components must be 'auto' or an integer, got 'many'"),
        (0, ValueError, "n_components must be at least 1, got 0"),
        (2.0, TypeError, "n_components must be an integer, got 2.0"),
        (None, TypeError, "n_components must be an integer, got None"),
        (True, TypeError, "n_components must be an integer, got True"),
    ],
)
def test_bad_numbers_of_components(value, error, message):
    with pytest.raises(error, match=message):
        check_components(value)


def test_good_numbers_of_components():
    assert check_components("auto") == "auto"
    assert check_components(np.int64(3)) == 3
