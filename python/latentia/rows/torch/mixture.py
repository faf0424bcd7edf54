"""The passes of a Gaussian mixture by torch operations: those of ``cpp/kernels/gmm``.

Symbols: X (n × d), K components, centre (K × d) the means less an origin near the rows,
P with Σ⁻¹ = P·Pᵀ, q (rows × K) squared distances, r (rows × K) responsibilities. A tile
of rows is compared with a group of g components at a time, in temporaries of
g × rows × d numbers: there is no n × K × d, and no n × K.

Differences x − μ are formed before they are squared, so that components that are small
for their distance from the origin lose no digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia._native import kernels as native
from latentia.rows.torch.tiles import budget_of, sum_over_tiles
from latentia.rows.torch.transfer import TORCH, as_float, download, upload

Array = NDArray[Any]
Statistics = tuple[float, Array, Array, Array]
"""Σ w·log p(x), Σ w·r (K), and the first and second moments."""

_TEMPORARIES = 3
"""Arrays of g × rows × d that are alive at once."""

_ROWS_ON_HOST = 1 << 16


class _Components:
    """Some components on the device, and what a tile of rows has to do with them."""

    def __init__(self, X: Tensor, type_: str, origin: Array, centre: Array) -> None:
        self.type, self.dtype = type_, TORCH[origin.dtype]
        self.origin, self.centre = upload(origin, X), upload(centre, X)
        self.n, self.d = centre.shape
        self.row_bytes = origin.itemsize * (2 * self.d + 4 * self.n)
        self._X, self._budget = X, budget_of(X)

    def tile(self, begin: int, end: int) -> Tensor:
        """Return rows less the origin, in the type of the components."""
        return self._X[begin:end].to(self.dtype) - self.origin

    def groups(self, n_rows: int) -> Iterator[slice]:
        """Yield the components in groups whose temporaries are small."""
        one = _TEMPORARIES * n_rows * self.d * self.origin.element_size()
        size = max(1, self._budget // max(1, one))
        for begin in range(0, self.n, size):
            yield slice(begin, begin + size)

    def squared_distances(self, x: Tensor, centre: Tensor | None = None) -> Tensor:
        """Return ‖x − centre_k‖² (rows × K), of ``x`` less the origin."""
        centre = self.centre if centre is None else centre
        return self._by_groups(x, lambda some: x - centre[some, None])

    def _by_groups(self, x: Tensor, off: Callable[[slice], Tensor]) -> Tensor:
        q = x.new_empty(len(x), self.n)
        for some in self.groups(len(x)):
            q[:, some] = torch.linalg.vector_norm(off(some), dim=-1).square_().T
        return q


class _Mixture(_Components):
    """A mixture on the device."""

    def __init__(
        self,
        X: Tensor,
        type_: str,
        origin: Array,
        centre: Array,
        precision_cholesky: Array,
        log_weight: Array,
    ) -> None:
        super().__init__(X, type_, origin, centre)
        self.P, self.log_weight = upload(precision_cholesky, X), upload(log_weight, X)
        if type_ == "tied":  # rows and centres are whitened separately
            whitened = centre.astype(np.float64) @ precision_cholesky.astype(np.float64)
            self.whitened = upload(whitened.astype(origin.dtype), X)

    def log_probabilities(self, x: Tensor) -> Tensor:
        """Return log π_k N(x; μ_k, Σ_k) (rows × K)."""
        # The squared distance of an outlier may overflow: a finite one keeps the
        # differences of log-probabilities defined.
        limit = torch.finfo(x.dtype).max / 4
        q = self._distances(x).clamp_(max=limit)
        return torch.sub(self.log_weight, q, alpha=0.5, out=q)

    def _distances(self, x: Tensor) -> Tensor:
        """‖Pᵀ(x − μ_k)‖²."""
        P = self.P
        if self.type == "tied":
            return self.squared_distances(x @ P, self.whitened)
        if self.type == "spherical":
            return self.squared_distances(x).mul_(P * P)
        if self.type == "diag":
            return self._by_groups(
                x, lambda some: (x - self.centre[some, None]).mul_(P[some, None])
            )
        return self._by_groups(x, lambda some: (x - self.centre[some, None]) @ P[some])

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return responsibilities (rows × K), and log p(x) (rows)."""
        log_prob = self.log_probabilities(x)
        largest = log_prob.amax(dim=1, keepdim=True)
        r = log_prob.sub_(largest).exp_()
        total = r.sum(dim=1, keepdim=True)
        return r.div_(total), (largest + total.log_())[:, 0]


def e_step_statistics(
    X: Tensor,
    weight: Tensor | None,
    covariance_type: str,
    origin: Array,
    centre: Array,
    precision_cholesky: Array,
    log_weight: Array,
    reference_points: Array,
    n_threads: int,
) -> Statistics:
    """Return the sums with posterior probabilities; moments about the points."""
    mixture = _Mixture(
        X, covariance_type, origin, centre, precision_cholesky, log_weight
    )
    return _statistics(X, weight, mixture, mixture.posterior, reference_points)


def init_statistics(
    X: Tensor,
    weight: Tensor | None,
    covariance_type: str,
    origin: Array,
    centre: Array,
    reference_points: Array,
    seed: int | None,
    n_threads: int,
) -> Statistics:
    """Return the sums with r = 1 for the nearest centre, or, by ``seed``, random r.

    Random responsibilities are those of the compiled kernel, a hash of the bits of a
    row: the rows are read once by way of the host.
    """
    if seed is not None:
        start = (covariance_type, origin, centre, reference_points, seed, n_threads)
        return _on_host(X, weight, start)
    centres = _Components(X, covariance_type, origin, centre)

    def nearest(x: Tensor) -> tuple[Tensor, Tensor]:
        q = centres.squared_distances(x)
        first = q.argmin(dim=1, keepdim=True)
        smallest = q.gather(1, first)[:, 0]
        return q.zero_().scatter_(1, first, 1.0), -smallest

    return _statistics(X, weight, centres, nearest, reference_points)


def _statistics(
    X: Tensor,
    weight: Tensor | None,
    components: _Components,
    responsibilities: Callable[[Tensor], tuple[Tensor, Tensor]],
    reference_points: Array,
) -> Statistics:
    points = upload(reference_points, X)
    # Smaller responsibilities would be lost to rounding in any sum with larger ones.
    negligible = torch.finfo(components.dtype).eps ** 2

    def body(begin: int, end: int) -> list[Tensor]:
        x = components.tile(begin, end)
        r, value = responsibilities(x)
        r = torch.where(r > negligible, r, 0.0)
        value = value.double()
        if weight is not None:
            w = weight[begin:end].to(components.dtype)
            r, value = r * w[:, None], value * w.double()
        moments = _tied_moments if components.type == "tied" else _moments
        sums = moments(components, x, r, points)
        return [value.sum(), r.sum(dim=0, dtype=torch.float64), *sums]

    value, total, first, second, *overlap = sum_over_tiles(
        X, components.row_bytes, body
    )
    if overlap:
        exact = points.double()
        second = second + _between(overlap[0], exact)
    return as_float(value), download(total), download(first), download(second)


def _moments(
    components: _Components, x: Tensor, r: Tensor, points: Tensor
) -> list[Tensor]:
    """Σ r (x − c_k) and Σ r (x − c_k)(x − c_k)ᵀ of every component, or diagonals."""
    first, second = [], []
    for some in components.groups(len(x)):
        off = x - points[some, None]
        of_group = r[:, some].T[:, None]  # g × 1 × rows
        first.append((of_group @ off)[:, 0].double())
        if components.type == "full":
            weighted = off * of_group.transpose(1, 2)
            second.append((weighted.transpose(1, 2) @ off).double())
        else:
            second.append((of_group @ off.square_())[:, 0].double())
    return [torch.cat(first), torch.cat(second)]


def _tied_moments(
    components: _Components, x: Tensor, r: Tensor, points: Tensor
) -> list[Tensor]:
    """Σ r (x − c_k) of every component, and two sums that make the second moment.

    With w = Σ_k r_k and x̂ = Σ_k r_k c_k / w of a row

        Σ_k r_k (x − c_k)(x − c_k)ᵀ = w (x − x̂)(x − x̂)ᵀ
                                      + Σ_{k<l} r_k r_l / w · (c_k − c_l)(c_k − c_l)ᵀ,

    one outer product a row; the sums of r_k r_l / w are returned for the second term.
    """
    first = [
        (r[:, some].T[:, None] @ (x - points[some, None]))[:, 0].double()
        for some in components.groups(len(x))
    ]
    w = r.sum(dim=1, keepdim=True)
    share = r / w.clamp(min=torch.finfo(w.dtype).tiny)
    residual = x - share @ points
    scatter = (residual * w).T @ residual
    return [torch.cat(first), scatter.double(), (share.T @ r).double()]


def _between(overlap: Tensor, points: Tensor) -> Tensor:
    """Σ_{k<l} o_kl (c_k − c_l)(c_k − c_l)ᵀ."""
    total = points.new_zeros(points.shape[1], points.shape[1])
    for point, row in zip(points, overlap, strict=True):
        off = points - point
        total += (off * row[:, None]).T @ off
    return total / 2


def _on_host(X: Tensor, weight: Tensor | None, start: Any) -> Statistics:
    totals: list[Any] = []
    for begin in range(0, len(X), _ROWS_ON_HOST):
        some = slice(begin, begin + _ROWS_ON_HOST)
        x = download(X[some].contiguous())
        w = None if weight is None else download(weight[some])
        found = native.init_statistics(x, w, *start)
        before = totals or [0, 0, 0, 0]
        totals = [a + b for a, b in zip(before, found, strict=True)]
    value, of_components, first, second = totals
    return float(value), of_components, first, second


def mixture_labels(X: Tensor, *mixture: Any) -> None:
    """Write the most probable component of every row, the first of equal ones."""
    _for_every_row(X, mixture, lambda m, x: m.log_probabilities(x).argmax(dim=1))


def mixture_log_likelihood(X: Tensor, *mixture: Any) -> None:
    """Write log p(x) of every row."""
    _for_every_row(X, mixture, lambda m, x: m.posterior(x)[1])


def mixture_responsibilities(X: Tensor, *mixture: Any) -> None:
    """Write the posterior probabilities (n × K)."""
    _for_every_row(X, mixture, lambda m, x: m.posterior(x)[0])


def _for_every_row(
    X: Tensor, arguments: Any, of_tile: Callable[[_Mixture, Tensor], Tensor]
) -> None:
    """Write what ``of_tile`` returns to the last but one of the arguments."""
    *form, out, _n_threads = arguments
    mixture = _Mixture(X, *form)

    def body(begin: int, end: int) -> list[Tensor]:
        out[begin:end] = of_tile(mixture, mixture.tile(begin, end))
        return []

    sum_over_tiles(X, mixture.row_bytes, body)


def squared_distances(
    X: Tensor, origin: Array, centre: Array, out: Tensor, n_threads: int
) -> None:
    """Write ‖x − centre_k‖² of every row and centre (n × K)."""
    centres = _Components(X, "spherical", origin, centre)

    def body(begin: int, end: int) -> list[Tensor]:
        out[begin:end] = centres.squared_distances(centres.tile(begin, end))
        return []

    sum_over_tiles(X, centres.row_bytes, body)
