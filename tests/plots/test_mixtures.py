import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Ellipse
from sklearn.exceptions import NotFittedError

import latentia.plots.mixtures
from latentia import PCA, GaussianMixture
from latentia.plots import mixture, png

KINDS = ["full", "tied", "diag", "spherical"]


def mixed(n_features):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, n_features)) * 1.5 ** np.arange(n_features)
    X[:30] += 6.0
    return X


def fitted(X, kind="full"):
    return GaussianMixture(2, covariance_type=kind, random_state=0).fit(X)


def covariances(model):
    """The matrices, from the shapes that scikit-learn documents."""
    k, d = model.means_.shape
    given = model.covariances_
    return {
        "full": lambda: given,
        "tied": lambda: np.array([given] * k),
        "diag": lambda: np.array([np.diag(row) for row in given]),
        "spherical": lambda: np.array([v * np.eye(d) for v in given]),
    }[model.covariance_type]()


@pytest.mark.parametrize("kind", KINDS)
def test_ellipses_are_the_covariances(kind):
    X = mixed(2)  # as many components as features: covariances of two types look alike
    model = fitted(X, kind)
    figure = mixture(model, X)
    (axes,) = figure.axes
    ellipses = [patch for patch in axes.patches if isinstance(patch, Ellipse)]
    for k, covariance in enumerate(covariances(model)):
        for n_std, ellipse in zip((1, 2), ellipses[2 * k :], strict=False):
            np.testing.assert_allclose(ellipse.center, model.means_[k])
            turn = np.radians(ellipse.angle)
            axis = np.array([np.cos(turn), np.sin(turn)])
            other = np.array([-axis[1], axis[0]])
            a, b = ellipse.width / 2 / n_std, ellipse.height / 2 / n_std
            found = a**2 * np.outer(axis, axis) + b**2 * np.outer(other, other)
            np.testing.assert_allclose(found, covariance, atol=1e-9)
    drawn = [points.get_offsets() for points in axes.collections]
    for k, points in enumerate(drawn):
        np.testing.assert_allclose(points, X[model.predict(X) == k])


@pytest.mark.parametrize("kind", KINDS)
def test_more_features_are_projected(kind, words):
    X = mixed(5)
    model = fitted(X, kind)
    figure = mixture(model, X)
    drawn = np.vstack([p.get_offsets() for p in figure.axes[0].collections])
    share = np.var(drawn, axis=0).sum() / np.var(X, axis=0).sum()
    best = PCA(2).fit(X).explained_variance_ratio_.sum()
    assert share == pytest.approx(best)
    assert any("of the variance" in text for text in words(figure))
    mean = figure.axes[0].patches[0].center
    mine = drawn[: np.sum(model.predict(X) == 0)]
    np.testing.assert_allclose(mean, mine.mean(axis=0), atol=0.5)


def test_one_feature_has_a_density(words):
    frame = pd.DataFrame({"width": mixed(1)[:, 0]})
    figure = mixture(fitted(frame), frame)
    total = figure.axes[0].lines[-1]
    x, density = total.get_data()
    assert np.trapezoid(density, x) == pytest.approx(1, abs=0.01)
    assert {"width", "density"} <= words(figure)


def test_few_of_many_rows_are_drawn(monkeypatch):
    monkeypatch.setattr(latentia.plots.mixtures, "_MOST_POINTS", 7)
    X = mixed(2)
    figure = mixture(fitted(X), X)
    assert sum(len(p.get_offsets()) for p in figure.axes[0].collections) == 7
    assert png(figure)


def test_what_is_no_mixture():
    X = mixed(2)
    with pytest.raises(NotFittedError):
        mixture(GaussianMixture(2), X)
    with pytest.raises(TypeError, match="must be a Gaussian mixture, got PCA"):
        mixture(PCA(1).fit(X), X)
    with pytest.raises(TypeError, match="must be a Gaussian mixture, got ndarray"):
        mixture(X, X)
    with pytest.raises(ValueError, match="3 features"):
        mixture(fitted(X), mixed(3))
