"""PrivatePCA: principal components of a noisy second moment (Analyze Gauss)."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count
from latentia._features import note_features
from latentia._model_file import read_model, write_model
from latentia._threads import n_threads as resolve_n_threads
from latentia._warnings import warn_caller
from latentia.decomposition.base import reconstruct_rows, transform
from latentia.privacy.accounting import PrivacySpent, check_delta, mu_of
from latentia.privacy.clipping import Clip, check_centre, check_row_norm
from latentia.privacy.mechanisms import Moments, noise_ceiling, noisy_moments
from latentia.privacy.noise import NoiseSource, PrivacyWarning, warn_delta
from latentia.privacy.saved import described, restored, with_earlier
from latentia.rows import Centre
from latentia.rows.convert import as_host_rows

LIFT = 0.25
"""The entry s that a row is lifted by, as a share of row_norm.

It makes the noise 1 + s² = 1.06 times as large. Count and mean then have the noise
(1 + s²)/s² = 17 rows/μ and (1 + s²)/(√2·s) = 3 norms/μ, small for many rows.
"""

_TENSORS = ("components_", "explained_variance_", "mean_")
_NUMBERS = ("n_samples_", "noise_floor_", "total_variance_")


class PrivatePCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Principal components that are (ε, δ)-differentially private.

    Whoever sees the fitted estimator can hardly tell whether any one row was in the
    data. Rows are clipped to a norm; their number, sum and second moment are read in
    one pass, and noise is added once, to the total. Rows can be in memory, on disk or
    in a Dask collection.

    Parameters
    ----------
    n_components : int
        Number of components to keep.
    epsilon : float
        Privacy budget ε > 0 of a fit. Below 1 is strong, above 10 weak; infinite adds
        no noise.
    delta : float
        Probability with which ε may fail, well below 1/n_samples.
    row_norm : float
        Rows farther than this from ``center`` are moved towards it, to this distance.
        It must be chosen without looking at the data.
    center : float or array-like of shape (n_features,), default=None
        A public point about which rows are clipped; None is the origin.
    random_state : int, RandomState, Generator or None
        None takes noise from the operating system. A seed is for tests only: the result
        is then not private.
    n_threads : int, optional
        Number of threads. The results do not depend on it.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Orthonormal, by decreasing variance.
    explained_variance_ : ndarray of shape (n_components,)
        Variance along each, at least 0.
    explained_variance_ratio_ : ndarray of shape (n_components,)
    mean_ : ndarray of shape (n_features,)
    n_samples_ : float
        The noisy number of rows, at least 1.
    noise_floor_ : float
        Variances below it cannot be told from noise: a thousandth of all noise has a
        larger one.
    total_variance_ : float
        Noisy sum of the variances of all features.
    privacy_ : PrivacySpent
        What all fits of this object have spent together: every fit spends anew, also on
        the same data. A clone starts at nothing.
    n_features_in_, feature_names_in_
        As in every estimator of scikit-learn.

    References
    ----------
    C. Dwork, K. Talwar, A. Thakurta and L. Zhang, "Analyze Gauss: optimal bounds for
    privacy-preserving principal component analysis", STOC 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.privacy import PrivatePCA
    >>> X = np.random.default_rng(0).uniform(-1, 1, (10_000, 3)) * [1.0, 0.1, 0.1]
    >>> pca = PrivatePCA(1, epsilon=1.0, delta=1e-6, row_norm=1.0).fit(X)
    >>> pca.transform(X).shape
    (10000, 1)
    """

    privacy_: PrivacySpent

    def __init__(
        self,
        n_components: int,
        *,
        epsilon: float,
        delta: float,
        row_norm: float | None = None,
        center: ArrayLike | None = None,
        random_state: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.epsilon = epsilon
        self.delta = delta
        self.row_norm = row_norm
        self.center = center
        self.random_state = random_state
        self.n_threads = n_threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: object = None) -> Self:
        """Fit the components, and spend ``epsilon`` and ``delta``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Or any other source that ``latentia.rows`` reads.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument is out of range, or X holds NaN or infinity.

        Warns
        -----
        PrivacyWarning
            If a seed was given, δ is not below 1/n, or noise exceeds all components.
        """
        mu = mu_of(self.epsilon, self.delta)
        norm = check_row_norm(self.row_norm)
        rows = as_host_rows(X)
        n_features = rows.shape[1]
        k = check_count(self.n_components, "n_components", least=1, most=n_features)
        centre = check_centre(self.center, n_features)
        threads = resolve_n_threads(self.n_threads)
        noise = NoiseSource(self.random_state)
        (moments,), mechanism = noisy_moments(
            rows,
            [Clip(centre, norm, LIFT)],
            mu,
            noise,
            name="number, sum and second moment of rows",
            n_threads=threads,
        )
        spent = PrivacySpent.of([mechanism], self.delta, seeded=noise.seeded)
        note_features(self, X, reset=True)
        self._set_results(moments, centre, k)
        self.privacy_ = with_earlier(self, spent)
        self._warn(moments)
        return self

    def transform(self, X: Any) -> Any:
        """Return the coordinates (n_samples, n_components) of rows."""
        check_is_fitted(self)
        axes = np.asarray(self.components_).T
        threads = resolve_n_threads(self.n_threads)
        centre = Centre.at(np.asarray(self.mean_))
        return transform(self, X, axes, centre=centre, n_threads=threads)

    def inverse_transform(self, X: Any) -> Any:
        """Return the rows (n_samples, n_features) of coordinates."""
        check_is_fitted(self)
        axes = np.asarray(self.components_)
        threads = resolve_n_threads(self.n_threads)
        centre = Centre.at(np.asarray(self.mean_))
        return reconstruct_rows(X, axes, centre, n_threads=threads)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the fitted estimator to a ``.safetensors`` file, atomically.

        Parameters
        ----------
        path : path-like
        overwrite : bool, default=False
            Replace a file of that name.

        Raises
        ------
        ValueError, FileExistsError, OSError
            As of ``PCA.save``.
        """
        check_is_fitted(self)
        tensors, model = described(self, _TENSORS)
        _check(tensors)
        model["numbers"] = {name: float(getattr(self, name)) for name in _NUMBERS}
        write_model(Path(path), "PrivatePCA", tensors, model, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote; nothing in the file is run.

        Raises
        ------
        ValueError, OSError
            As of ``PCA.load``.
        """
        _, tensors, model = read_model(Path(path), "PrivatePCA")
        try:
            pca: Self = restored(cls, tensors, model, _TENSORS)
            _check(tensors)
            for name in _NUMBERS:
                setattr(pca, name, float(model["numbers"][name]))
            pca._set_ratio()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no PrivatePCA: {error}") from error
        return pca

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def _set_results(self, moments: Moments, centre: Any, k: int) -> None:
        n_features = len(centre)
        variance, axes = np.linalg.eigh(moments.covariance)
        axes = axes[:, ::-1][:, :k].T
        # The largest entry of each component is positive, as in PCA.
        sign = np.sign(axes[np.arange(k), np.abs(axes).argmax(axis=1)])
        self.components_ = np.ascontiguousarray(axes * sign[:, None])
        self.explained_variance_ = np.maximum(variance[::-1][:k], 0.0)
        self.mean_ = moments.mean + centre
        self.n_samples_ = moments.count
        self.noise_floor_ = noise_ceiling(n_features, moments.noise_std)
        self.total_variance_ = max(float(variance.sum()), 0.0)
        self._set_ratio()

    def _set_ratio(self) -> None:
        total = max(self.total_variance_, float(self.explained_variance_.sum()))
        self.explained_variance_ratio_ = self.explained_variance_ / (total or 1.0)

    def _warn(self, moments: Moments) -> None:
        warn_delta(check_delta(self.delta), moments.count)
        if self.explained_variance_[0] <= self.noise_floor_:
            warn_caller(
                f"no component exceeds the noise: about {moments.count:.0f} rows are "
                f"too few for epsilon={self.epsilon:g} and row_norm={self.row_norm:g}. "
                "The components are random; take more rows, a larger epsilon or a "
                "smaller row_norm",
                PrivacyWarning,
            )


def _check(tensors: dict[str, Any]) -> None:
    """Raise if these are not the results of one fit."""
    k, d = tensors["components_"].shape
    shapes = {"components_": (k, d), "explained_variance_": (k,), "mean_": (d,)}
    for name, shape in shapes.items():
        tensor = tensors[name]
        if tensor.shape != shape or tensor.dtype != np.float64:
            raise ValueError(
                f"{name} must be float64 of shape {shape}, got {tensor.dtype} "
                f"{tensor.shape}"
            )
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name} must be finite")
