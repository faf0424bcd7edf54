"""A mixture of Gaussians in latent space, whose covariances can be singular."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import ndtr

from latentia._threads import n_threads
from latentia.generative.latent.noise import normal
from latentia.generative.training.checkpoint import Tensors
from latentia.mixture import scoring
from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.parameters import Parameters
from latentia.rows import as_rows

Array = NDArray[np.float64]


class MixturePrior(NamedTuple):
    """p(z) = Σ w_k N(m_k, L_k L_kᵀ).

    Attributes
    ----------
    weights : ndarray of float64, shape (n_components,)
    means : ndarray of float64, shape (n_components, latent_dim)
    factors : ndarray of float32, shape (n_components, latent_dim, latent_dim)
        L_k, lower triangular: most of the numbers of a saved model, hence not float64.
        A dimension in which all codes are the same has a row of zeros.
    """

    weights: Array
    means: Array
    factors: NDArray[np.float32]

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Return for each dimension whether codes differ in it (latent_dim,)."""
        found: NDArray[np.bool_] = np.any(self.factors, axis=(0, 2))
        return found

    @property
    def is_standard(self) -> bool:
        """Whether it is N(0, I)."""
        standard = self.standard(self.means.shape[1])
        same = map(np.array_equal, self._asdict().values(), standard._asdict().values())
        return all(same)

    def sample(
        self, seed: int, n: int, temperature: float = 1.0
    ) -> NDArray[np.float32]:
        """Draw n codes (n, latent_dim); code i of a seed is the same for every n."""
        return self.of_noise(normal(seed, n, self.means.shape[1] + 1), temperature)

    def of_noise(
        self, noise: NDArray[np.floating], temperature: float = 1.0
    ) -> NDArray[np.float32]:
        """Return the codes of standard normal numbers.

        Parameters
        ----------
        noise : ndarray of shape (n, 1 + latent_dim)
            The first of a row chooses the component.
        temperature : float, default=1.0
            z = m_k + temperature · L_k ε: below 1 codes are more alike and likelier.

        Returns
        -------
        codes : ndarray of float32, shape (n, latent_dim)
        """
        noise = noise.astype(np.float64)
        ends = np.cumsum(self.weights)
        component = np.searchsorted(ends, ndtr(noise[:, 0]) * ends[-1])
        component = np.minimum(component, len(ends) - 1)
        codes: Array = self.means[component]
        # Not a matrix product: its last bit would depend on the number of rows.
        for j in range(self.means.shape[1]):
            step = temperature * noise[:, j + 1, np.newaxis]
            codes += self.factors[component, :, j] * step
        return np.asarray(codes, dtype=np.float32)

    def log_density(self, codes: NDArray[np.floating]) -> Array:
        """Return log p(z) of codes (n, latent_dim), in nats (n,).

        Dimensions in which all codes were the same have no density and are left out.
        """
        kept = self.varies
        if not kept.any():
            raise ValueError("all codes of this prior are the same: it has no density")
        factors = self.factors[:, kept][:, :, kept].astype(np.float64)
        identity = np.eye(int(kept.sum()))
        # P = L⁻ᵀ, as Σ⁻¹ = P·Pᵀ.
        inverse = [solve_triangular(L, identity, lower=True).T for L in factors]
        mixture = Parameters(
            COVARIANCES["full"],
            self.weights,
            self.means[:, kept],
            factors @ factors.transpose(0, 2, 1),
            np.stack(inverse),
        )
        rows = as_rows(np.ascontiguousarray(codes[:, kept], dtype=np.float64))
        found = scoring.log_likelihood(rows, mixture, rows.dtype, n_threads())
        log_density: Array = found.result()
        return log_density

    def moments(self) -> tuple[Array, Array]:
        """Return the mean (latent_dim) and covariance of the whole mixture."""
        mean = self.weights @ self.means
        off, factors = self.means - mean, self.factors.astype(np.float64)
        within = np.einsum(
            "k,kij,klj->il", self.weights, factors, factors, optimize=True
        )
        return mean, within + (self.weights * off.T) @ off

    def tensors(self) -> Tensors:
        """Return the prior as tensors, of factors the lower triangles."""
        rows, columns = np.tril_indices(self.means.shape[1])
        parts = self._replace(factors=self.factors[:, rows, columns].astype(np.float32))
        return {name: torch.from_numpy(part) for name, part in parts._asdict().items()}

    @classmethod
    def standard(cls, dim: int) -> Self:
        """Return N(0, I) of ``dim`` dimensions."""
        return cls(np.ones(1), np.zeros((1, dim)), np.eye(dim, dtype=np.float32)[None])

    @classmethod
    def of_tensors(cls, tensors: dict[str, Any]) -> Self:
        """Return the prior that tensors hold, or raise a ValueError."""
        weights, means, packed = (np.asarray(tensors[name]) for name in cls._fields)
        if packed.ndim == 3:
            raise ValueError("its prior is of an earlier latentia: fit it again")
        k, dim = means.shape
        rows, columns = np.tril_indices(dim)
        if weights.shape != (k,) or packed.shape != (k, len(rows)):
            raise ValueError(
                f"shapes of its prior do not match: weights {weights.shape}, means "
                f"{means.shape}, lower triangles of factors {packed.shape}"
            )
        for part, kind in ((weights, "64"), (means, "64"), (packed, "32")):
            if part.dtype != f"float{kind}" or not np.isfinite(part).all():
                raise ValueError(f"its prior must hold finite numbers of float{kind}")
        if (weights < 0).any() or abs(weights.sum() - 1) > 1e-6:
            raise ValueError(
                f"weights of its prior must be non-negative and sum to 1, got {weights}"
            )
        factors = np.zeros((k, dim, dim), np.float32)
        factors[:, rows, columns] = packed
        return cls(weights, means, factors)
