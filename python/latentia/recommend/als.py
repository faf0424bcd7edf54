"""Alternating least squares: what implicit feedback and ratings share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random, check_choice, check_count
from latentia._blas import serial_blas
from latentia._interrupt import FitInterruptedWarning, keeps_what_is_found
from latentia._native import kernels
from latentia._progress import progress
from latentia._room import check_bytes
from latentia._warnings import warn_caller
from latentia.recommend.ids import Array
from latentia.rows import Csr
from latentia.rows.to_memory import csr_block

SolverName = Literal["auto", "cg", "cholesky", "subspace"]

CG_STEPS = 3
"""Steps of conjugate gradients in a half-iteration, from the factors of the one before.

As implicit and irspack have by default: more steps make an iteration slower than they
lower its objective.
"""

BLOCK = 32
"""Coordinates of a block of the subspace solver: k·b/2 multiply-adds an entry."""

_EXACT_FACTORS = 128
"""Up to so many factors new users are folded in by Cholesky, above by CG."""

_FOLD_IN_STEPS = 20
"""From zero, CG takes 10 to 15 steps to reach the rounding error of float32."""


class Solver(NamedTuple):
    """A solver of the normal equations, and its steps (CG) or block (subspace)."""

    name: str
    n: int

    @classmethod
    def of(cls, name: object) -> Solver:
        """Return the solver that a user names, or raise."""
        chosen = check_choice(name, "solver", get_args(SolverName))
        if chosen == "auto":
            chosen = "cg"
        return cls(chosen, {"cg": CG_STEPS, "subspace": BLOCK}.get(chosen, 1))

    def from_zero(self) -> Solver:
        """Return the same solver, with more steps of CG."""
        return self._replace(n=3 * self.n + 1) if self.name == "cg" else self

    @classmethod
    def for_new_rows(cls, k: int) -> Solver:
        """Return a solver that needs no initial factors."""
        return cls("cholesky", 1) if k <= _EXACT_FACTORS else cls("cg", _FOLD_IN_STEPS)


class Sides(NamedTuple):
    """A sparse matrix by rows and by columns: each half reads the one it updates."""

    by_user: Csr
    by_item: Csr

    @classmethod
    def of(cls, matrix: Any) -> Sides:
        """Return both; the transpose is a copy."""
        transposed = matrix.T.tocsr()
        transposed.sort_indices()
        return cls(csr_block(matrix), csr_block(transposed))


def check_factor_room(shape: tuple[int, int], k: int, dtype: np.dtype[Any]) -> None:
    """Raise unless the factors of users and items fit into memory, twice, and k²."""
    check_bytes(
        2 * k * (sum(shape) * dtype.itemsize + k * np.dtype(np.float64).itemsize),
        f"{k:,} factors of {shape[0]:,} users and {shape[1]:,} items",
        "choose a smaller n_factors",
    )


def gram(factors: Array, weight: float, n_threads: int) -> Array:
    """Return weight·FᵀF, summed in float64, in the type of the factors."""
    with np.errstate(over="ignore"):  # found in the objective
        found: Array = (weight * kernels.gram(factors, None, n_threads)).astype(
            factors.dtype
        )
    return found


def ridge_of(penalties: NDArray[np.float64], dtype: np.dtype[Any]) -> Array:
    """Return the penalties of rows in the type of the factors, or raise."""
    with np.errstate(over="ignore"):
        found: Array = penalties.astype(dtype)
    if not np.isfinite(found).all():
        raise ValueError(
            f"regularization must be lower: λ times the size of a row must fit in "
            f"{dtype.name}, got {penalties.max():g}"
        )
    return found


def check_factors(factors: Array, objective: float) -> Array:
    """Return the factors of new users, or raise if their objective is not finite."""
    if not np.isfinite(objective):
        wrong = ~np.isfinite(factors).all(axis=1)
        rows = f"row {wrong.argmax()}" if wrong.any() else "a row"
        raise ValueError(
            f"the values of {rows} of X are too large for {factors.dtype.name}, the "
            "type of the fit"
        )
    return factors


def random_factors(
    n: int, k: int, dtype: np.dtype[Any], random_state: Any
) -> NDArray[Any]:
    """Return normal numbers with the standard deviation 0.1/√k: scores start near 0."""
    random = as_random(random_state)
    found: Array = (random.normal(0.0, 0.1 / np.sqrt(k), size=(n, k))).astype(dtype)
    return found


class _Found(NamedTuple):
    """What is kept after Ctrl-C; it is replaced as a whole.

    The factors that belong to the last objective are where the iterations update them,
    until these have been copied.
    """

    objectives: tuple[float, ...] = ()
    is_copied: bool = False


def alternate(
    iterations: Callable[[], Iterator[float]],
    n_iter: int,
    factors: Sequence[Array],
    *,
    name: str,
    verbose: Any,
) -> NDArray[np.float64]:
    """Run iterations, each of which yields the objective; return the objectives.

    ``factors`` are the arrays that the iterations update in place. After Ctrl-C they
    are those of the last complete iteration: a copy of these is kept.
    """
    found, copies = _Found(), list[Array]()
    with (
        serial_blas(),
        progress(int(verbose), total=n_iter, interval=1, measure="objective") as begin,
    ):
        report = begin(name)
        try:
            for objective in iterations():
                if not np.isfinite(objective):
                    raise ValueError(
                        f"the objective of {name} is {objective}: the values of X, or "
                        "the parameters, are too large for its type; scale them, or "
                        "use float64"
                    )
                found = _Found((*found.objectives, objective))
                if len(found.objectives) < n_iter:
                    copies = copies or [np.empty_like(array) for array in factors]
                    _copy(factors, copies)
                    found = found._replace(is_copied=True)
                report(len(found.objectives), objective)
        except KeyboardInterrupt:
            if not (found.objectives and keeps_what_is_found()):
                raise
            if found.is_copied:
                _copy(copies, factors)
            warn_caller(
                f"{name} was interrupted after {len(found.objectives)} iterations",
                FitInterruptedWarning,
            )
    return np.array(found.objectives)


def _copy(arrays: Sequence[Array], to: Sequence[Array]) -> None:
    for array, copy in zip(arrays, to, strict=True):
        np.copyto(copy, array)


def check_verbose(verbose: Any) -> int:
    """Return 0 for no progress bar."""
    if isinstance(verbose, bool | np.bool_):
        return int(verbose)
    return check_count(verbose, "verbose", least=0)
