"""A Gaussian mixture and its data, in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia.decomposition import PCA
from latentia.plots.theme import INK, PAGE_WIDTH, PALETTE, new_figure, theme
from latentia.rows import as_rows, product

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

_HEIGHT = 4.6
_MOST_POINTS = 4000
_STEPS = 400
"""Points of the curve of a density."""


def mixture(model: Any, X: Any) -> Figure:
    """Draw data coloured by component, and the components as ellipses.

    Ellipses are at one and two standard deviations, which hold 39 % and 86 % of a
    component. With more than two features, both are projected onto the first two
    principal components of X, whose share of the variance is written below. With one
    feature, a histogram and the density are drawn.

    Parameters
    ----------
    model : fitted GaussianMixture or PrivateGaussianMixture
        Of latentia or scikit-learn.
    X : array-like, data frame or rows of shape (n_samples, n_features)
        A random choice of 4000 rows is drawn if there are more.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError, ValueError
        If the model is no mixture, or X has other features than those of the fit.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from latentia import GaussianMixture, plots
    >>> X = load_iris().data
    >>> figure = plots.mixture(GaussianMixture(3, random_state=0).fit(X), X)
    """
    if hasattr(model, "fit"):
        check_is_fitted(model)
    if not hasattr(model, "covariances_"):
        raise TypeError(f"model must be a Gaussian mixture, got {type(model).__name__}")
    means = np.asarray(model.means_, dtype=np.float64)
    weights = np.asarray(model.weights_, dtype=np.float64)
    covariances = _full(model)
    labels = np.asarray(model.predict(X))
    points, means, plane, share = _projected(X, means)
    covariances = np.einsum("ia,kij,jb->kab", plane, covariances, plane)
    if len(points) > _MOST_POINTS:
        drawn = np.random.default_rng(0).choice(len(points), _MOST_POINTS, False)
        points, labels = points[drawn], labels[drawn]
    with theme():
        figure = new_figure(PAGE_WIDTH, _HEIGHT)
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        if len(plane) == 1:
            _draw_density(axes, points[:, 0], weights, means[:, 0], covariances)
        else:
            _draw_plane(axes, points, labels, means, covariances)
        _label(axes, model, len(plane), share)
    return figure


def _full(model: Any) -> Array:
    """Return the covariance matrices (k, d, d) of any covariance type."""
    k, d = model.means_.shape
    found: Array = np.asarray(model.covariances_, dtype=np.float64)
    kind = getattr(model, "covariance_type", "full")
    if kind == "spherical":  # (k,)
        return found[:, None, None] * np.eye(d)
    if kind == "diag":  # (k, d)
        return found[:, None, :] * np.eye(d)
    return found if kind == "full" else np.tile(found, (k, 1, 1))


def _projected(X: Any, means: Array) -> tuple[Array, Array, Array, float]:
    """Return points and means in a plane, its axes (d, 2) and share of the variance."""
    d = means.shape[1]
    if d <= 2:
        rows, plane = as_rows(X), np.eye(d)
        points = np.asarray(product(rows, plane).result(), dtype=np.float64)
        return points, means, plane, 1.0
    pca = PCA(2, random_state=0, n_threads=1).fit(X)
    points, axes = np.asarray(pca.transform(X), dtype=np.float64), pca.components_.T
    share = float(pca.explained_variance_ratio_.sum())
    return points, (means - pca.mean_) @ axes, axes, share


def _draw_plane(
    axes: Axes, points: Array, labels: NDArray[Any], means: Array, covariances: Array
) -> None:
    from matplotlib.patches import Ellipse

    size = 26.0 * min(1.0, (400 / len(points)) ** 0.5)
    for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        colour = PALETTE[k % len(PALETTE)]
        mine = points[labels == k]
        axes.scatter(
            mine[:, 0],
            mine[:, 1],
            size,
            color=colour,
            alpha=0.55,
            linewidths=0,
        )
        variances, directions = np.linalg.eigh(covariance)
        angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
        minor, major = np.sqrt(np.maximum(variances, 0.0))
        for n_std in (1, 2):
            axes.add_patch(
                Ellipse(
                    (mean[0], mean[1]),
                    2 * n_std * major,
                    2 * n_std * minor,
                    angle=float(angle),
                    fill=False,
                    edgecolor=colour,
                    linewidth=2.2 - 0.6 * n_std,
                )
            )
        axes.annotate(
            str(k), (mean[0], mean[1]), ha="center", va="center", weight="bold"
        )
    axes.margins(0.04)
    axes.autoscale_view()


def _draw_density(
    axes: Axes, points: Array, weights: Array, means: Array, covariances: Array
) -> None:
    """Draw p(x) = Σ w_k N(x; μ_k, σ_k²), each term, and a histogram of the points."""
    std = np.sqrt(covariances[:, 0, 0])
    low = min(points.min(), (means - 3 * std).min())
    high = max(points.max(), (means + 3 * std).max())
    x = np.linspace(low, high, _STEPS)
    z = (x[:, None] - means) / std
    terms = weights * np.exp(-0.5 * z**2) / (std * np.sqrt(2 * np.pi))
    axes.hist(points, 40, density=True, color=INK, alpha=0.15)
    for k, term in enumerate(terms.T):
        axes.plot(x, term, color=PALETTE[k % len(PALETTE)])
    axes.plot(x, terms.sum(axis=1), color=INK, linewidth=1.0)


def _label(axes: Axes, model: Any, n_features: int, share: float) -> None:
    k = len(model.means_)
    axes.set_title(f"Gaussian mixture of {k} component{'s' if k > 1 else ''}")
    names = getattr(model, "feature_names_in_", [f"feature {i}" for i in range(2)])
    if n_features <= 2:
        axes.set_xlabel(str(names[0]), parse_math=False)
        axes.set_ylabel(
            "density" if n_features == 1 else str(names[1]), parse_math=False
        )
        return
    axes.set_xlabel(
        f"first principal component (both: {100 * share:.0f}% of the variance)"
    )
    axes.set_ylabel("second principal component")
