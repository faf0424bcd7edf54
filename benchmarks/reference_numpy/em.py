"""Expectation maximisation for Gaussian mixtures, in float64 whatever comes in.

Symbols: ``X`` (n × d), ``w`` (n,) the weights of its rows, ``K`` components with shares
``π_k``, means ``μ_k`` and covariances ``C_k``, ``r`` (n × K) the responsibilities.

All four covariance types share one E-step: whatever the type, it works with the whole
matrices ``C_k`` (d × d). The types differ in what the M-step keeps of them.

References
----------
Dempster, Laird & Rubin (1977), "Maximum likelihood from incomplete data via the EM
algorithm", Journal of the Royal Statistical Society B 39(1).
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

Array: TypeAlias = NDArray[Any]
Float64Array: TypeAlias = NDArray[np.float64]
CovarianceType: TypeAlias = Literal["full", "tied", "diag", "spherical"]


class Start(NamedTuple):
    """What EM starts from, the arguments ``*_init`` of scikit-learn's class.

    ``weights`` (K,), ``means`` (K, d) and ``precisions``, the inverses of the
    covariances: (K, d, d) full, (d, d) tied, (K, d) diag, (K,) spherical.
    """

    weights: Array
    means: Array
    precisions: Array


@dataclass(frozen=True, slots=True)
class EMResult:
    """A mixture, and how likely the data became on the way to it.

    ``weights`` (K,), ``means`` (K, d), ``covariances`` in the shape of their type (see
    :class:`Start`). ``log_likelihoods`` (n_iter,) are the means per row before each
    M-step, which scikit-learn calls lower bounds; ``log_likelihood`` is the mean after
    the last.
    """

    weights: Float64Array
    means: Float64Array
    covariances: Float64Array
    log_likelihoods: Float64Array
    log_likelihood: float


def em(
    X: Array,
    start: Start,
    *,
    covariance_type: CovarianceType,
    n_iter: int,
    sample_weight: Array | None = None,
    reg_covar: float = 1e-6,
) -> EMResult:
    """Run ``n_iter`` iterations of EM.

    A row of sample weight 2 counts as two rows; ``reg_covar`` is added to the variances
    in each M-step.
    """
    weights, means, precisions = (part.astype(np.float64) for part in start)
    covariances = inverse(precisions, covariance_type)
    history = []
    for _ in range(n_iter):
        log_p, r = e_step(X, weights, means, covariances, covariance_type)
        history.append(np.average(log_p, weights=sample_weight))
        weights, means, covariances = m_step(
            X, r, covariance_type, sample_weight=sample_weight, reg_covar=reg_covar
        )
    mixture = weights, means, covariances
    reached = log_likelihood(X, *mixture, covariance_type, sample_weight)
    return EMResult(*mixture, np.array(history), reached)


def log_likelihood(
    X: Array,
    weights: Array,
    means: Array,
    covariances: Array,
    covariance_type: CovarianceType,
    sample_weight: Array | None = None,
) -> float:
    """Mean log-likelihood per row: ``Σᵢ wᵢ log p(xᵢ) / Σᵢ wᵢ``.

    It is in nats. The covariances are in the shape of their type, see :class:`Start`.
    """
    log_p, _ = e_step(X, weights, means, covariances, covariance_type)
    return float(np.average(log_p, weights=sample_weight))


def e_step(
    X: Array,
    weights: Array,
    means: Array,
    covariances: Array,
    covariance_type: CovarianceType,
) -> tuple[Float64Array, Float64Array]:
    """Return the log-likelihood of each row and the responsibilities.

    ``log p(xᵢ) = log Σ_k π_k N(xᵢ; μ_k, C_k)`` (n,) and
    ``r_ik = π_k N(xᵢ; μ_k, C_k) / p(xᵢ)`` (n, K).
    """
    X, weights, means = (np.asarray(part, np.float64) for part in (X, weights, means))
    n, d = X.shape
    log_joint = np.empty((n, len(means)))
    C = _whole(np.asarray(covariances, np.float64), means, covariance_type)
    for k, mean in enumerate(means):
        # C = L Lᵀ, so that log |C| = 2 Σ log L_jj and
        L = np.linalg.cholesky(C[k])
        log_det = 2 * np.log(np.diag(L)).sum()
        # (x − μ)ᵀ C⁻¹ (x − μ) = ‖L⁻¹ (x − μ)‖².
        distance = (solve_triangular(L, (X - mean).T, lower=True) ** 2).sum(axis=0)
        # log π N(x; μ, C) = log π − (d log 2π + log |C| + (x − μ)ᵀ C⁻¹ (x − μ)) / 2
        log_joint[:, k] = (
            np.log(weights[k]) - (d * np.log(2 * np.pi) + log_det + distance) / 2
        )
    # log Σ_k exp(·), the largest term taken out first
    log_p = logsumexp(log_joint, axis=1)
    return log_p, np.exp(log_joint - log_p[:, np.newaxis])


def m_step(
    X: Array,
    r: Array,
    covariance_type: CovarianceType,
    *,
    sample_weight: Array | None = None,
    reg_covar: float = 1e-6,
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the most likely parameters under given responsibilities.

    They are the weights (K,), the means (K, d) and the covariances in the shape of
    their type.
    """
    X, r = np.asarray(X, np.float64), np.asarray(r, np.float64)
    w = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
    r = r * w.reshape(len(X), 1)
    # N_k = Σᵢ wᵢ r_ik; a little more, as in scikit-learn, keeps an empty one finite.
    N = r.sum(axis=0) + 10 * np.finfo(np.float64).eps
    # μ_k = Σᵢ wᵢ r_ik xᵢ / N_k
    means = r.T @ X / N[:, np.newaxis]
    # C_k = Σᵢ wᵢ r_ik (xᵢ − μ_k)(xᵢ − μ_k)ᵀ / N_k + reg I
    C = np.empty((len(N), X.shape[1], X.shape[1]))
    for k, mean in enumerate(means):
        centred = X - mean
        C[k] = (r[:, k, np.newaxis] * centred).T @ centred / N[k]
    C += reg_covar * np.eye(X.shape[1])
    # π_k = N_k / Σ N
    return N / N.sum(), means, _kept(C, N, covariance_type)


def inverse(matrices: Array, covariance_type: CovarianceType) -> Float64Array:
    """Turn covariances, in the shape of their type, into precisions, or back."""
    matrices = matrices.astype(np.float64)
    if covariance_type in ("full", "tied"):
        return np.linalg.inv(matrices)
    return 1 / matrices


def _kept(
    C: Float64Array, N: Float64Array, covariance_type: CovarianceType
) -> Float64Array:
    """Keep of the covariances (K, d, d) of weights ``N_k`` what their type has."""
    variances: Float64Array = np.einsum("kjj->kj", C)
    match covariance_type:
        case "full":
            return C
        case "tied":  # Σ_k N_k C_k / Σ N
            return np.average(C, axis=0, weights=N)
        case "diag":
            return variances
        case "spherical":  # tr(C_k) / d
            return np.average(variances, axis=1)


def _whole(
    kept: Float64Array, means: Float64Array, covariance_type: CovarianceType
) -> Float64Array:
    """Return the matrices (K, d, d) that the covariances of a type stand for."""
    K, d = means.shape
    match covariance_type:  # full and tied ones are whole
        case "diag":
            kept = kept[:, :, np.newaxis] * np.eye(d)
        case "spherical":
            kept = kept[:, np.newaxis, np.newaxis] * np.eye(d)
    return np.broadcast_to(kept, (K, d, d))
