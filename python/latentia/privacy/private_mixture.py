"""PrivateGaussianMixture: expectation maximisation with noisy sums."""

from __future__ import annotations

import math
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count
from latentia._features import note_features
from latentia._model_file import read_model, write_model
from latentia._threads import n_threads as resolve_n_threads
from latentia._warnings import warn_caller
from latentia.mixture import GaussianMixture
from latentia.privacy.accounting import PrivacySpent, check_delta, mu_of
from latentia.privacy.clipping import Clip, check_centre, check_row_norm
from latentia.privacy.mechanisms import noisy_moments
from latentia.privacy.mixture_steps import (
    Components,
    Responsibilities,
    first_components,
    norm_of_rows,
    spread_components,
    updated,
)
from latentia.privacy.noise import NoiseSource, PrivacyWarning, warn_delta
from latentia.privacy.saved import described, restored, with_earlier
from latentia.rows import RowSource
from latentia.rows.convert import as_host_rows

LIFT = 0.5
"""The entry s that a row is lifted by, as a share of row_norm.

Components have few rows each, so their counts and means need more of the budget than
those of all rows: noise 1 + s² = 1.25 times as large, (1 + s²)/(√2·s) = 1.8 norms/μ in
a sum and 5 rows/μ in a count.
"""

FIRST_SHARE = 0.2
"""Share of μ² for the moments of all rows, where there are several components."""

_TENSORS = ("means_", "weights_", "covariances_")


class PrivateGaussianMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]
    """A mixture of Gaussians that is (ε, δ)-differentially private.

    The moments of all rows, with noise, give the first components. Each iteration reads
    the rows once and adds noise to their counts, sums and second moments (DP-EM). All
    components share one noise: a row's responsibilities sum to 1, so that it changes
    all sums together by as much as one. Directions whose variance cannot be told from
    noise get the mean variance of such directions.

    Parameters
    ----------
    n_components : int, default=1
    epsilon, delta : float
        Privacy budget of a fit, as of `PrivatePCA`.
    row_norm : float
        Rows farther than this from ``center`` are moved towards it, to this distance.
        It must be chosen without looking at the data.
    center : float or array-like of shape (n_features,), default=None
        A public point about which rows are clipped; None is the origin.
    n_iter : int, default=5
        Iterations of EM, which share the budget; one component needs none.
    random_state : int, RandomState, Generator or None
        None takes noise from the operating system. A seed is for tests only: the result
        is then not private.
    n_threads : int, optional
        Number of threads. The results do not depend on it.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    covariances_ : ndarray of shape (n_components, n_features, n_features)
    mixture_ : GaussianMixture
        The same mixture, for all that it can do.
    n_samples_ : float
        The noisy number of rows, at least 1.
    privacy_ : PrivacySpent
        What all fits of this object have spent together: every fit spends anew.
    n_features_in_, feature_names_in_
        As in every estimator of scikit-learn.

    References
    ----------
    M. Park, J. Foulds, K. Choudhary and M. Welling, "DP-EM: differentially private
    expectation maximization", AISTATS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.privacy import PrivateGaussianMixture
    >>> X = np.random.default_rng(0).normal(size=(20_000, 2)) * [1.0, 0.2]
    >>> mixture = PrivateGaussianMixture(epsilon=1.0, delta=1e-6, row_norm=3.0).fit(X)
    >>> rows, component = mixture.sample(5)
    >>> rows.shape
    (5, 2)
    """

    privacy_: PrivacySpent

    def __init__(
        self,
        n_components: int = 1,
        *,
        epsilon: float,
        delta: float,
        row_norm: float | None = None,
        center: ArrayLike | None = None,
        n_iter: int = 5,
        random_state: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.epsilon = epsilon
        self.delta = delta
        self.row_norm = row_norm
        self.center = center
        self.n_iter = n_iter
        self.random_state = random_state
        self.n_threads = n_threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: object = None) -> Self:
        """Fit the mixture, and spend ``epsilon`` and ``delta``.

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
            If a seed was given, δ is not below 1/n, or a component is lost in noise.
        """
        mu = mu_of(self.epsilon, self.delta)
        norm = check_row_norm(self.row_norm)
        k = check_count(self.n_components, "n_components", least=1)
        n_iter = check_count(self.n_iter, "n_iter", least=1)
        rows = as_host_rows(X)
        centre = check_centre(self.center, rows.shape[1])
        threads = resolve_n_threads(self.n_threads)
        noise = NoiseSource(self.random_state)
        clip = Clip(centre, norm, LIFT)
        found, count, mechanisms = _fit(
            rows, clip, mu, noise, k, n_iter if k > 1 else 0, threads
        )
        spent = PrivacySpent.of(mechanisms, self.delta, seeded=noise.seeded)
        note_features(self, X, reset=True)
        self.weights_ = found.weights
        self.means_ = found.means
        self.covariances_ = found.covariances
        self.n_samples_ = count
        self._set_mixture()
        self.privacy_ = with_earlier(self, spent)
        warn_delta(check_delta(self.delta), count)
        if found.lost:
            warn_caller(
                f"{found.lost} of {k} components are lost in the noise and repeat the "
                f"mean of all of about {count:.0f} rows. Take fewer components, more "
                "rows, a larger epsilon or a smaller row_norm",
                PrivacyWarning,
            )
        return self

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return the most probable component of every row (n_samples,)."""
        return self._mixture(X).predict(X)

    def predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the probability of each component (n_samples, n_components)."""
        return self._mixture(X).predict_proba(X)

    def score_samples(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return log p(x) of every row, in nats (n_samples,)."""
        return self._mixture(X).score_samples(X)

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean of log p(x) over the rows, in nats."""
        return self._mixture(X).score(X)

    def sample(
        self, n_samples: int = 1, *, seed: Any = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Draw rows from the mixture, which costs no privacy.

        Parameters
        ----------
        n_samples : int, default=1
        seed : int, RandomState, Generator or None

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
        y : ndarray of shape (n_samples,)
            The component that each row was drawn from, in ascending order.
        """
        check_is_fitted(self)
        mixture = self.mixture_
        mixture.random_state = seed
        return mixture.sample(n_samples)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the mixture to a ``.safetensors`` file, as ``PrivatePCA.save``."""
        check_is_fitted(self)
        tensors, model = described(self, _TENSORS)
        model["n_samples"] = self.n_samples_
        kind = "PrivateGaussianMixture"
        write_model(Path(path), kind, tensors, model, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote; nothing in the file is run."""
        _, tensors, model = read_model(Path(path), "PrivateGaussianMixture")
        try:
            made: Self = restored(cls, tensors, model, _TENSORS)
            made._set_mixture()
            made.n_samples_ = float(model["n_samples"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no such mixture: {error}") from error
        return made

    def _set_mixture(self) -> None:
        self.mixture_ = GaussianMixture.from_parameters(
            self.weights_, self.means_, self.covariances_, n_threads=self.n_threads
        )

    def _mixture(self, X: Any) -> GaussianMixture:
        check_is_fitted(self)
        note_features(self, X, reset=False)
        return self.mixture_


def _fit(
    rows: RowSource,
    clip: Clip,
    mu: float,
    noise: NoiseSource,
    n_components: int,
    n_iter: int,
    n_threads: int,
) -> tuple[Components, float, list[Any]]:
    """Return the components, the number of rows, the mechanisms."""
    first = FIRST_SHARE if n_iter else 1.0
    (overall,), mechanism = noisy_moments(
        rows,
        [clip],
        mu * math.sqrt(first),
        noise,
        name="number, sum and second moment of rows",
        n_threads=n_threads,
    )
    mechanisms = [mechanism]
    whole = found = first_components(overall, clip.centre)
    if n_iter:
        random = np.random.default_rng(noise.seed())
        found = spread_components(found, n_components, random)
    # Between two rows of the ball that the first clip allows.
    most = 2 * clip.norm
    for i in range(n_iter):
        norm = norm_of_rows(found, most)
        moments, mechanism = noisy_moments(
            rows,
            [Clip(mean, norm, clip.lift) for mean in found.means],
            mu * math.sqrt((1 - first) / n_iter),
            noise,
            name=f"numbers, sums and second moments of components, iteration {i + 1}",
            share=Responsibilities(found),
            n_threads=n_threads,
        )
        mechanisms.append(mechanism)
        found = updated(moments, found.means, whole)
    return found, overall.count, mechanisms
