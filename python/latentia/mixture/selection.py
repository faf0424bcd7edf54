"""The number of components and the covariance type, chosen by a criterion."""

from __future__ import annotations

import itertools
import numbers
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _num_samples

from latentia._arguments import check_choice, check_count
from latentia._html import html_table
from latentia._interrupt import FitInterruptedWarning
from latentia._warnings import warn_caller
from latentia.mixture.covariance import (
    COVARIANCE_NAMES,
    CovarianceName,
    check_covariance_type,
)
from latentia.mixture.estimator import GaussianMixture
from latentia.mixture.parameters import CollapsedCovarianceError

Criterion = Literal["bic", "aic"]
CRITERIA: tuple[str, ...] = ("bic", "aic")

_HEAD = ("components", "covariance", "BIC", "AIC", "log-likelihood")


@dataclass(frozen=True)
class Candidate:
    """One fitted mixture of a selection.

    Attributes
    ----------
    n_components : int
    covariance_type : str
    bic, aic : float
        Bayesian and Akaike information criterion; lower is better. Infinite if the fit
        failed because a covariance collapsed.
    log_likelihood : float
        Mean per sample, in nats.
    n_parameters : int
    converged : bool

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import select_mixture
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> one, two = select_mixture(X, [1, 2], "diag", random_state=0).candidates
    >>> one.n_parameters, two.n_parameters
    (4, 9)
    >>> bool(one.bic < two.bic)  # the data are one Gaussian
    True
    """

    n_components: int
    covariance_type: CovarianceName
    bic: float
    aic: float
    log_likelihood: float
    n_parameters: int
    converged: bool


@dataclass(frozen=True, eq=False)
class MixtureSelection:
    """The fitted mixtures of a selection; ``print`` shows them in a table.

    Attributes
    ----------
    best : GaussianMixture
        The fitted mixture with the lowest ``criterion``.
    criterion : {"bic", "aic"}
    candidates : tuple of Candidate
        In the order in which they were fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import select_mixture
    >>> random = np.random.default_rng(0)
    >>> X = np.concatenate([random.normal(c, 1, (100, 2)) for c in (-9, 9)])
    >>> found = select_mixture(X, [1, 2], ["spherical", "full"], random_state=0)
    >>> found.best.n_components, found.best.covariance_type
    (2, 'spherical')
    >>> len(found.candidates)
    4
    """

    best: GaussianMixture
    criterion: Criterion
    candidates: tuple[Candidate, ...]

    @property
    def _best_index(self) -> int:
        values = [getattr(candidate, self.criterion) for candidate in self.candidates]
        return values.index(min(values))

    def _rows(self) -> list[tuple[str, ...]]:
        """Return the cells of the table, below ``_HEAD``."""
        return [
            (
                str(candidate.n_components),
                candidate.covariance_type,
                f"{candidate.bic:.6g}",
                f"{candidate.aic:.6g}",
                f"{candidate.log_likelihood:.6g}"
                + ("" if candidate.converged else " (not converged)"),
            )
            for candidate in self.candidates
        ]

    def _repr_html_(self) -> str:
        """Return the table for a notebook; the best row is bold."""
        title = f"Gaussian mixtures; the best has the lowest {self.criterion.upper()}"
        return html_table(title, _HEAD, self._rows(), best=self._best_index)

    def __str__(self) -> str:
        """Return the table; a star marks the best."""
        head = ("", *_HEAD)
        lines = [
            ("*" if i == self._best_index else "", *row)
            for i, row in enumerate(self._rows())
        ]
        widths = [
            max(len(line[i]) for line in [head, *lines]) for i in range(len(head))
        ]
        return "\n".join(
            "  ".join(
                cell.ljust(w) for cell, w in zip(line, widths, strict=True)
            ).rstrip()
            for line in [head, *lines]
        )


def select_mixture(
    X: Any,
    n_components: Iterable[int] = range(1, 11),
    covariance_types: CovarianceName | Iterable[CovarianceName] = COVARIANCE_NAMES,
    *,
    criterion: Criterion = "bic",
    sample_weight: Any = None,
    **parameters: Any,
) -> MixtureSelection:
    """Fit a mixture for every number of components and covariance type.

    The result holds all of them, and the best by ``criterion``.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    n_components : iterable of int
        Numbers of components to try, such as ``range(1, 11)``.
    covariance_types : {"full", "tied", "diag", "spherical"} or iterable of these
        By default all four.
    criterion : {"bic", "aic"}, default="bic"
        The best mixture has the lowest.
    sample_weight : array-like of shape (n_samples,), optional
        How many samples each row counts for, also in the criteria; the methods ``bic``
        and ``aic`` of a mixture have no weights.
    **parameters
        Parameters of ``GaussianMixture`` for all fits, such as ``random_state``.

    Returns
    -------
    MixtureSelection

    Raises
    ------
    ValueError
        If there is nothing to try, or a covariance collapsed in every fit.

    Warns
    -----
    ConvergenceWarning
        If Ctrl-C ended the selection. It returns the mixtures that were fitted before.

    References
    ----------
    G. Schwarz, "Estimating the dimension of a model", Annals of Statistics 6 (1978).

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import select_mixture
    >>> random = np.random.default_rng(0)
    >>> X = np.concatenate([random.normal(c, 1, (200, 2)) for c in (-5, 0, 5)])
    >>> select_mixture(X, range(1, 6), "spherical", random_state=0).best.n_components
    3
    """
    check_choice(criterion, "criterion", CRITERIA)
    if isinstance(n_components, numbers.Number):
        raise TypeError(
            "n_components must be an iterable of integers, such as range(1, 11), got "
            f"{n_components!r}"
        )
    if isinstance(covariance_types, str):
        covariance_types = (covariance_types,)
    counts = [check_count(k, "n_components", least=1) for k in n_components]
    types = [
        check_covariance_type(name, "covariance_types").name
        for name in covariance_types
    ]
    if not counts or not types:
        raise ValueError(
            "n_components and covariance_types must not be empty, got "
            f"{counts} and {types}"
        )
    if max(counts) > _num_samples(X):
        raise ValueError(
            f"n_components={max(counts)} must be at most n_samples={_num_samples(X)}"
        )
    if sample_weight is not None and np.ndim(sample_weight) == 1:
        n_weighted = int(np.count_nonzero(sample_weight))
        if max(counts) > n_weighted:
            raise ValueError(
                f"n_components={max(counts)} must be at most the number of samples "
                f"with a positive sample_weight, {n_weighted}"
            )
    best: GaussianMixture | None = None
    candidates: list[Candidate] = []
    for type_, k in itertools.product(types, counts):
        mixture = GaussianMixture(k, covariance_type=type_, **parameters)
        try:
            candidate = _fit_candidate(mixture, X, sample_weight)
        except (FitInterruptedWarning, KeyboardInterrupt):
            if best is None:
                raise KeyboardInterrupt from None
            warn_caller(
                f"the selection was interrupted after {len(candidates)} mixtures",
                FitInterruptedWarning,
            )
            break
        least = min((getattr(c, criterion) for c in candidates), default=np.inf)
        if getattr(candidate, criterion) < least:
            best = mixture
        candidates.append(candidate)
    if best is None:
        raise ValueError("a covariance collapsed in every mixture: raise reg_covar")
    return MixtureSelection(best, criterion, tuple(candidates))


def _fit_candidate(mixture: GaussianMixture, X: Any, sample_weight: Any) -> Candidate:
    """Fit the mixture and return its criteria."""
    k, type_ = mixture.n_components, mixture.covariance_type
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is in the table
        warnings.simplefilter("error", FitInterruptedWarning)
        try:
            mixture.fit(X, sample_weight=sample_weight)
        except CollapsedCovarianceError:
            return Candidate(k, type_, np.inf, np.inf, -np.inf, 0, converged=False)
    scores = np.asarray(mixture.score_samples(X), dtype=np.float64)
    weight = np.broadcast_to(
        1.0 if sample_weight is None else sample_weight, len(scores)
    )
    n = float(weight.sum())
    if n <= 1:
        raise ValueError(
            "sample_weight must sum to more than 1, as it counts samples, got the sum "
            f"{n:.3g}"
        )
    likelihood = float(np.average(scores, weights=weight))
    p = int(mixture._n_parameters())
    return Candidate(
        k,
        type_,
        bic=p * np.log(n) - 2 * n * likelihood,
        aic=2 * p - 2 * n * likelihood,
        log_likelihood=likelihood,
        n_parameters=p,
        converged=bool(mixture.converged_),
    )
