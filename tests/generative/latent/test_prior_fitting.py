"""Priors of all codes, and of each class."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

pytest.importorskip("torch")

from latentia.generative.latent import prior_fitting
from latentia.generative.latent.component_selection import fit_mixture
from latentia.generative.latent.prior_fitting import (
    fit_prior,
    fit_priors,
    full_covariances,
)
from latentia.mixture import GaussianMixture


def codes_of_classes(sizes, dim=3, seed=0):
    """Return codes of unequal scales, and labels."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    centres = random.normal(0, 4, (len(sizes), dim))
    mixed = random.normal(size=(len(labels), dim)) @ random.normal(size=(dim, dim))
    return (centres[labels] + mixed) * 10.0 ** np.arange(dim), labels


def covariance_of(prior, component=0):
    factor = prior.factors[component].astype(np.float64)
    return factor @ factor.T


def test_one_gaussian_has_mean_and_covariance_of_the_codes():
    codes, _ = codes_of_classes([200])
    prior, held_out = fit_prior(codes, 1, "full", 0)
    np.testing.assert_allclose(prior.means[0], codes.mean(0), rtol=1e-4)
    # The mixture adds 1e-4 to variances that are 1.
    expected = np.cov(codes.T, bias=True)
    scale = np.sqrt(np.outer(*2 * [np.diagonal(expected)]))
    np.testing.assert_allclose(
        covariance_of(prior) / scale, expected / scale, atol=1e-3
    )
    assert held_out == {}


def test_classes_borrow_by_the_formula():
    sizes = (40, 7, 1)
    codes, labels = codes_of_classes(sizes)
    fits = fit_priors(codes, labels, np.arange(3), 1, "full", 0)
    rows = (codes - codes.mean(0)) / codes.std(0)
    off = np.concatenate([r - r.mean(0) for r in np.split(rows, np.cumsum(sizes)[:2])])
    shared = (off.T @ off + 3 * np.eye(3)) / (48 - 3 + 3)
    for c, (prior, _) in enumerate(fits):
        own = rows[labels == c]
        n_times_s = np.cov(own.T, bias=True) * len(own) if len(own) > 1 else 0
        standard = (n_times_s + 3 * shared) / (len(own) + 3)
        expected = standard * np.outer(codes.std(0), codes.std(0))
        np.testing.assert_allclose(
            prior.means[0], codes[labels == c].mean(0), rtol=1e-5
        )
        np.testing.assert_allclose(covariance_of(prior), expected, rtol=1e-4)


@pytest.mark.parametrize("type_", ["diag", "spherical"])
def test_what_classes_borrow_is_of_the_covariance_type(type_):
    codes, labels = codes_of_classes((40, 7, 1))
    spread = codes.std(0)
    full, some = (
        fit_priors(codes, labels, np.arange(3), 1, t, 0) for t in ("full", type_)
    )
    for c in range(3):
        scale = np.outer(spread, spread)
        whole = np.diagonal(covariance_of(full[c].prior) / scale)
        expected = np.diag(whole if type_ == "diag" else np.full(3, whole.mean()))
        found = covariance_of(some[c].prior) / scale
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_a_class_of_one_image_varies_as_the_others_do():
    codes, labels = codes_of_classes((300, 300, 1))
    (many, _), _, (one, _) = fit_priors(codes, labels, np.arange(3), "auto", "full", 0)
    np.testing.assert_allclose(one.means[0], codes[-1], rtol=1e-5)
    ratio = np.diagonal(covariance_of(one)) / np.diagonal(many.moments()[1])
    assert ((ratio > 0.5) & (ratio < 2)).all()


def test_classes_with_enough_codes_choose_for_themselves():
    random = np.random.default_rng(0)
    two = np.repeat([[-9.0, 0], [9, 0]], 150, axis=0) + random.normal(size=(300, 2))
    one = random.normal(size=(300, 2))
    labels = np.repeat([0, 1, 2], [300, 300, 5])
    codes = np.concatenate([two, one, one[:5]])
    fits = fit_priors(codes, labels, np.array(["a", "b", "c"]), "auto", "full", 0)
    assert [len(fit.prior.weights) for fit in fits] == [2, 1, 1]
    assert [list(fit.held_out) for fit in fits] == [[1, 2, 4], [1, 2], []]


def test_dimensions_constant_in_all_classes_stay_so():
    codes, labels = codes_of_classes((50, 5))
    codes[:, 1] = 0.75
    for prior, _ in fit_priors(codes, labels, np.arange(2), 2, "full", 0):
        assert (prior.means[:, 1] == 0.75).all()
        assert not prior.factors[:, 1].any()
        assert not prior.factors[:, :, 1].any()


def test_a_dimension_constant_in_one_class_is_a_dimension():
    codes, labels = codes_of_classes((50, 50))
    codes[labels == 1, 0] = 2.0
    for prior, _ in fit_priors(codes, labels, np.arange(2), 2, "full", 0):
        assert np.isfinite(prior.log_density(codes)).all()
        assert (np.diagonal(prior.factors, axis1=1, axis2=2) > 0).all()


@pytest.mark.parametrize("type_", ["full", "tied", "diag", "spherical"])
def test_covariances_of_every_type_as_matrices(type_):
    rows = np.random.default_rng(0).normal(size=(60, 3))
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(rows)
    matrices = full_covariances(mixture)
    given = mixture.covariances_
    for k in range(2):
        expected = {
            "full": lambda k=k: given[k],
            "tied": lambda: given,
            "diag": lambda k=k: np.diag(given[k]),
            "spherical": lambda k=k: given[k] * np.eye(3),
        }[type_]()
        np.testing.assert_array_equal(matrices[k], expected)


def test_more_components_than_images_name_the_class():
    codes, labels = codes_of_classes((30, 2))
    names = np.array(["bag", "coat"])
    with pytest.warns(
        UserWarning, match="n_components=5 .* 2, the number of images of coat"
    ):
        _, coats = fit_priors(codes, labels, names, 5, "full", 0)
    assert len(coats.prior.weights) == 2
    assert np.isfinite(coats.prior.factors).all()


def test_the_number_of_threads_does_not_matter(monkeypatch):
    codes, labels = codes_of_classes((900, 800, 700), dim=17)
    found = []
    for n in (1, 2):
        monkeypatch.setenv("LATENTIA_NUM_THREADS", str(n))
        with threadpool_limits(n):
            fits = [fit_prior(codes, "auto", "full", 0)]
            fits += fit_priors(codes, labels, np.arange(3), "auto", "full", 0)
        found.append([part for fit in fits for part in fit.prior])
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("n_components", "most"), [("samples", 10), (3, 30), ("auto", 30)]
)
def test_mixtures_of_samples_take_fewer_iterations(monkeypatch, n_components, most):
    taken = []

    def fit(codes, k, covariance_type, seed, max_iter, device):
        taken.append(max_iter)
        return fit_mixture(codes, k, covariance_type, seed, max_iter, device)

    monkeypatch.setattr(prior_fitting, "fit_mixture", fit)
    codes = np.random.default_rng(0).normal(size=(400, 2))
    fit_prior(codes, n_components, "full", 0)
    labels = np.arange(400) % 2
    fit_priors(codes, labels, np.arange(2), n_components, "full", 0)
    assert set(taken) == {most}
