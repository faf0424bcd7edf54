"""Number of components, by the error of predicted entries that were held out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._arguments import as_random, check_count, check_real, draw_seed
from latentia._html import html_table
from latentia._interrupt import ctrl_c_ends_all
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.nmf.estimator import NMF
from latentia.decomposition.nmf.observed import keep_entries
from latentia.decomposition.nmf.options import check_missing
from latentia.decomposition.nmf.scan import scan
from latentia.rows import Csr, MemoryRows, memory_rows
from latentia.rows.convert import as_host_rows

Array = NDArray[Any]

_BLOCK = 65536


@dataclass(frozen=True)
class RankValidation:
    """The errors that ``cross_validate_rank`` measured.

    Attributes
    ----------
    ranks : tuple of int
        Numbers of components.
    errors : ndarray of shape (n_ranks, n_splits)
        Root mean squared error on the held-out entries, in the unit of X.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import RankValidation
    >>> found = RankValidation((1, 2), np.array([[0.5, 0.7], [0.3, 0.3]]))
    >>> found.best_rank, found.mean.tolist()
    (2, [0.6, 0.3])
    """

    ranks: tuple[int, ...]
    errors: Array

    @property
    def mean(self) -> Array:
        """Mean error of each rank over the splits (n_ranks,)."""
        found: Array = self.errors.mean(axis=1)
        return found

    @property
    def std(self) -> Array:
        """Standard deviation of each rank's errors over the splits (n_ranks,)."""
        found: Array = self.errors.std(axis=1)
        return found

    @property
    def best_rank(self) -> int:
        """Rank with the smallest mean error; of equal ones the lowest."""
        return self.ranks[int(np.argmin(self.mean))]

    def _errors_in_words(self) -> list[str]:
        means = zip(self.mean, self.std, strict=True)
        return [f"{mean:.6g} ± {std:.2g}" for mean, std in means]

    def _repr_html_(self) -> str:
        """Return the table for a notebook; the best rank is bold."""
        rows = zip(map(str, self.ranks), self._errors_in_words(), strict=True)
        return html_table(
            "NMF: error of held-out entries, ± standard deviation over the splits",
            ("rank", "held-out error (RMSE)"),
            rows,
            best=self.ranks.index(self.best_rank),
        )

    def __str__(self) -> str:
        """Return a table in which the best rank is marked."""
        lines = ["rank   held-out error (RMSE)"]
        for rank, error in zip(self.ranks, self._errors_in_words(), strict=True):
            mark = "  <- best" if rank == self.best_rank else ""
            lines.append(f"{rank:4d}   {error}{mark}")
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
    """Hold out random entries of X and measure how well each rank predicts them.

    Entries are held out, not rows, because W of a row is computed from the row itself.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Which entries are missing is decided as by ``NMF(missing=...)``: NaN needs
        missing="nan", a sparse X needs missing="unobserved".
    ranks : iterable of int
        Numbers of components to try.
    fraction : float, default=0.1
        Share of the observed entries that is held out in each split, above 0 and below
        1.
    n_splits : int, default=3
        Number of splits, each with other held-out entries.
    random_state : int, RandomState, Generator or None
        Seed of the splits and of the fits.
    **parameters
        Of ``NMF``, except ``n_components``.

    Returns
    -------
    RankValidation

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range; if X is not in memory, or
        sparse without missing="unobserved".

    References
    ----------
    S. Wold, "Cross-validatory estimation of the number of components in factor and
    principal components models", Technometrics 20 (1978).

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import cross_validate_rank
    >>> random = np.random.default_rng(0)
    >>> X = random.uniform(size=(60, 3)) @ random.uniform(size=(3, 40))  # of rank 3
    >>> found = cross_validate_rank(X, [1, 2, 3], random_state=0, max_iter=50)
    >>> found.best_rank
    3
    """
    wanted = _check_ranks(ranks)
    splits = check_count(n_splits, "n_splits", least=1)
    share = check_real(fraction, "fraction", above=0, most=1)
    if "n_components" in parameters:
        raise TypeError("n_components must be left out: ranks gives its values")
    model = NMF(**parameters)
    observed, incomplete = _observed_entries(X, model)
    if not incomplete:  # the penalties of a fit to all of X
        alphas = {"alpha_W": model.alpha_W, "alpha_H": model.alpha_H}
        parameters |= {name: 0.0 for name, alpha in alphas.items() if alpha == "auto"}
    n_held = round(share * len(observed.data))
    if not 0 < n_held < len(observed.data):
        raise ValueError(
            f"fraction must hold out some of {len(observed.data)} observed entries and "
            f"leave others, got {fraction!r}, which holds out {n_held}"
        )
    random = as_random(random_state)
    errors = np.empty((len(wanted), splits))
    for split in range(splits):
        held = np.zeros(len(observed.data), dtype=bool)
        held[random.permutation(len(held))[:n_held]] = True
        seed = draw_seed(random)
        for i, rank in enumerate(wanted):
            errors[i, split] = _held_out_error(
                observed, held, NMF(rank, **(parameters | {"random_state": seed}))
            )
    return RankValidation(wanted, errors)


def _check_ranks(ranks: Any) -> tuple[int, ...]:
    if isinstance(ranks, str) or not isinstance(ranks, Iterable):
        raise TypeError(f"ranks must be integers in a list or range, got {ranks!r}")
    wanted = tuple(check_count(rank, "ranks", least=1) for rank in ranks)
    if not wanted:
        raise ValueError("ranks is empty")
    return wanted


def _observed_entries(X: Any, model: NMF) -> tuple[Csr, bool]:
    """Return the observed entries as sparse rows, and whether others are missing."""
    # Memory maps too: the entries are copied anyway.
    X = memory_rows(X) if isinstance(X, np.ndarray) else as_host_rows(X)
    data = scan(
        X, check_missing(model.missing), n_threads=resolve_n_threads(model.n_threads)
    )
    if data.n_observed == 0:
        raise ValueError("X must have an observed entry, got only missing entries")
    if not isinstance(data.rows, MemoryRows):
        raise ValueError(
            "X must be in memory, got rows outside memory; use a sample of its rows"
        )
    block = data.rows.block
    if not isinstance(block, Csr):
        m, n = block.shape
        index = np.int32 if max(block.size, n) < 2**31 else np.int64
        start = np.arange(0, m * n + 1, n, dtype=index)
        columns = np.tile(np.arange(n, dtype=index), m)
        block = Csr(start, columns, np.ascontiguousarray(block).ravel(), n)
    elif not data.observed_only:
        raise ValueError(
            "X is sparse, and its unstored entries cannot be held out: use "
            "missing='unobserved' if they are missing, X.toarray() if they are zeros"
        )
    if data.unit != 1.0:
        block = block._replace(data=block.data / data.unit)
    return block, data.observed_only


def _held_out_error(observed: Csr, held: Array, model: NMF) -> float:
    """Return the root mean squared error on the held-out entries."""
    rest, out = keep_entries(observed, ~held), keep_entries(observed, held)
    with warnings.catch_warnings(), ctrl_c_ends_all():
        warnings.simplefilter("ignore", ConvergenceWarning)
        W = model.set_params(missing="unobserved").fit_transform(rest.to_scipy())
    rows = np.repeat(np.arange(observed.shape[0]), np.diff(out.indptr))
    H = model.components_
    squares, size = 0.0, float(out.data.max()) or 1.0  # squares could overflow
    for begin in range(0, len(rows), _BLOCK):
        some = slice(begin, begin + _BLOCK)
        predicted = np.einsum("ik,ki->i", W[rows[some]], H[:, out.indices[some]])
        difference = (out.data[some] - predicted).astype(np.float64) / size
        squares += float(np.square(difference).sum())
    return float(np.sqrt(squares / len(rows))) * size
