"""How many components: entries are held out, and foretold."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._arguments import as_random, check_count, draw_seed
from latentia._interrupt import ctrl_c_ends_all
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.nmf.arguments import check_missing
from latentia.decomposition.nmf.data import take_in
from latentia.decomposition.nmf.estimator import NMF
from latentia.decomposition.nmf.known import only
from latentia.rows import Csr, MemoryRows, memory_rows

Array = NDArray[Any]

_BLOCK = 65536


@dataclass(frozen=True)
class RankValidation:
    """What ``cross_validate_rank`` found.

    Attributes
    ----------
    ranks : tuple of int
    errors : ndarray of shape (n_ranks, n_splits)
        Root mean squared error on the entries that were held out, in the unit of X.
    """

    ranks: tuple[int, ...]
    errors: Array

    @property
    def mean(self) -> Array:
        """Mean error of each rank (n_ranks,)."""
        found: Array = self.errors.mean(axis=1)
        return found

    @property
    def std(self) -> Array:
        """Standard deviation of each rank's errors over the splits (n_ranks,)."""
        found: Array = self.errors.std(axis=1)
        return found

    @property
    def best_rank(self) -> int:
        """The rank with the least mean error, of equals the lowest."""
        return self.ranks[int(np.argmin(self.mean))]

    def __str__(self) -> str:
        """Return a table, the best rank marked."""
        lines = ["rank   held-out error (RMSE)"]
        for rank, mean, std in zip(self.ranks, self.mean, self.std, strict=True):
            mark = "  <- best" if rank == self.best_rank else ""
            lines.append(f"{rank:4d}   {mean:.6g} ± {std:.2g}{mark}")
        return "\n".join(lines)


def cross_validate_rank(
    X: Any,
    ranks: Iterable[int],
    *,
    fraction: float = 0.1,
    n_splits: int = 3,
    random_state: Any = None,
    **parameters: Any,
) -> RankValidation:
    """Hold out random entries of X and measure how well each rank foretells them.

    Whole rows cannot be held out, as W of a row is made from the row itself.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Its known entries are those that ``NMF(missing=...)`` would see: NaN needs
        missing="nan", a sparse X missing="unobserved".
    ranks : iterable of int
    fraction : float, default=0.1
        Of the known entries, held out in each split; between 0 and 1.
    n_splits : int, default=3
        How often, with other entries each time.
    random_state : int, RandomState, Generator or None
        Seed of the entries and of the fits.
    **parameters
        Of ``NMF``, but for ``n_components``.

    Returns
    -------
    RankValidation

    References
    ----------
    S. Wold, "Cross-validatory estimation of the number of components in factor and
    principal components models", Technometrics 20 (1978).
    """
    wanted = _check_ranks(ranks)
    splits = check_count(n_splits, "n_splits", least=1)
    real = isinstance(fraction, numbers.Real) and not isinstance(fraction, bool)
    if not real or not 0 < fraction < 1:
        raise ValueError(f"fraction must lie between 0 and 1, got {fraction!r}")
    if "n_components" in parameters:
        raise TypeError("n_components is what the ranks are; leave it out")
    model = NMF(**parameters)
    known, incomplete = _known_entries(X, model)
    if not incomplete:  # as a fit of all of X has it
        prices = {"alpha_W": model.alpha_W, "alpha_H": model.alpha_H}
        parameters |= {name: 0.0 for name, alpha in prices.items() if alpha == "auto"}
    n_held = round(float(fraction) * len(known.data))
    if not 0 < n_held < len(known.data):
        raise ValueError(
            f"fraction={fraction!r} of {len(known.data)} known entries holds out "
            f"{n_held}, of which some and not all must remain"
        )
    random = as_random(random_state)
    errors = np.empty((len(wanted), splits))
    for split in range(splits):
        held = np.zeros(len(known.data), dtype=bool)
        held[random.permutation(len(held))[:n_held]] = True
        seed = draw_seed(random)
        for i, rank in enumerate(wanted):
            errors[i, split] = _held_out_error(
                known, held, NMF(rank, **(parameters | {"random_state": seed}))
            )
    return RankValidation(wanted, errors)


def _check_ranks(ranks: Any) -> tuple[int, ...]:
    if isinstance(ranks, str) or not isinstance(ranks, Iterable):
        raise TypeError(f"ranks must be integers in a list or range, got {ranks!r}")
    wanted = tuple(check_count(rank, "ranks", least=1) for rank in ranks)
    if not wanted:
        raise ValueError("ranks is empty")
    return wanted


def _known_entries(X: Any, model: NMF) -> tuple[Csr, bool]:
    """Return the known entries of X as sparse rows, and whether there are others."""
    if isinstance(X, np.ndarray):  # a large memory map too: its entries are held anyway
        X = memory_rows(X)
    data = take_in(
        X, check_missing(model.missing), n_threads=resolve_n_threads(model.n_threads)
    )
    if data.n_known == 0:
        raise ValueError("X has no known entry: all are missing")
    if not isinstance(data.rows, MemoryRows):
        raise ValueError(
            "cross_validate_rank needs X in memory; give it a sample of the rows"
        )
    block = data.rows.block
    if not isinstance(block, Csr):
        m, n = block.shape
        index = np.int32 if max(block.size, n) < 2**31 else np.int64
        start = np.arange(0, m * n + 1, n, dtype=index)
        columns = np.tile(np.arange(n, dtype=index), m)
        block = Csr(start, columns, np.ascontiguousarray(block).ravel(), n)
    elif not data.known_only:
        raise ValueError(
            "X is sparse, and its zeros cannot be held out: use missing='unobserved' "
            "if they are unknown, X.toarray() if they are zeros"
        )
    if data.unit != 1.0:
        block = block._replace(data=block.data / data.unit)
    return block, data.known_only


def _held_out_error(known: Csr, held: Array, model: NMF) -> float:
    """Return the root mean squared error on the entries that a fit did not see."""
    rest, out = only(known, ~held), only(known, held)
    shape = known.shape
    with warnings.catch_warnings(), ctrl_c_ends_all():
        warnings.simplefilter("ignore", ConvergenceWarning)
        W = model.set_params(missing="unobserved").fit_transform(rest.to_scipy())
    rows = np.repeat(np.arange(shape[0]), np.diff(out.indptr))
    H = model.components_
    squares, size = 0.0, float(out.data.max()) or 1.0  # whose square may be too large
    for begin in range(0, len(rows), _BLOCK):
        some = slice(begin, begin + _BLOCK)
        foretold = np.einsum("ik,ki->i", W[rows[some]], H[:, out.indices[some]])
        missed = (out.data[some] - foretold).astype(np.float64) / size
        squares += float(np.square(missed).sum())
    return float(np.sqrt(squares / len(rows))) * size
