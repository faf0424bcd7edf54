"""The methods of NMF that start from ``components_``, of a fit or set by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import sklearn.decomposition
from numpy.typing import NDArray

from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia._warnings import warn_caller
from latentia.decomposition.base import reconstruct_rows
from latentia.decomposition.nmf import storage
from latentia.decomposition.nmf.driver import SolveResult, add_batch, solve_W
from latentia.decomposition.nmf.factors import (
    fill,
    fill_unobserved,
    mean_of_observed,
    rescale,
)
from latentia.decomposition.nmf.fit_state import (
    components_of,
    is_as_fitted,
    mean_weights_of,
    observed_mean_of,
    record_batch,
)
from latentia.decomposition.nmf.options import (
    NMFOptions,
    check_beta_loss,
    check_missing,
    check_options,
    check_solver,
)
from latentia.decomposition.nmf.recommend import recommend
from latentia.decomposition.nmf.scan import ScannedData, scan
from latentia.decomposition.nmf.solvers import CENTRE
from latentia.rows.kinds import torch_tensor

Array = NDArray[Any]


class FittedNMF(sklearn.decomposition.NMF):  # type: ignore[misc]
    """The methods of ``NMF`` that start from ``components_``."""

    @overload
    def transform(self, X: NDArray[Any]) -> Array: ...
    @overload
    def transform(self, X: Any) -> Any: ...
    def transform(self, X: Any) -> Any:
        """Return W for new rows, with H as it is.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        W : ndarray of shape (n_samples, n_components)
            A Dask array for a Dask array, a tensor for a tensor. A row without observed
            entries gets ``mean_weights_``, or, if H was set by hand, the mean of the
            other rows.
        """
        data = self._scan_like_fit(X)
        mean = mean_weights_of(self)
        if data.n_observed == 0:
            if mean is None:
                raise ValueError(
                    "X must have an observed entry if there is no mean_weights_ for "
                    "these components_, got only missing entries"
                )
            fill(W := data.rows.empty_state(len(self.components_)), mean)
            return W.result()
        W = self._solve_W(data)[0].W
        rescale(W, data.unit)
        fill_unobserved(data, W, mean_of_observed(data, W) if mean is None else mean)
        return W.result()

    def inverse_transform(self, X: Any) -> Any:
        """Return ``X @ components_`` (n_samples, n_features), where a tensor is."""
        if not torch_tensor(X):
            return super().inverse_transform(X)
        H, threads = components_of(self), resolve_n_threads(self.n_threads)
        return reconstruct_rows(X, H, None, n_threads=threads)

    def partial_fit(
        self, X: Any, y: object = None, W: Any = None, H: Any = None
    ) -> Self:
        """Update H with one more batch of rows.

        The first batch is fitted as by ``fit``, unless the model is fitted already.
        Batch t moves the sums from which H is computed towards its own by the step
        (t + 1)^−0.6, whatever its number of rows: batches should be shuffled and of
        similar size. If entries are missing, H is updated multiplicatively.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        W, H : array-like, optional
            As for ``fit``, for the first batch.

        Returns
        -------
        self
        """
        if not hasattr(self, "components_"):
            self.fit(X, W=W, H=H)
            return self
        data = self._scan_like_fit(X)
        if data.n_observed == 0:
            return self
        if data.unit != 1.0:
            raise ValueError(
                "X must have entries of moderate size, whose products batches can add "
                f"up, got {data.max / data.unit:.3g}; scale X to about 1"
            )
        solved, options = self._solve_W(data)
        result = add_batch(
            data,
            options,
            solved,
            self._statistics if is_as_fitted(self) else None,
            getattr(self, "n_batches_seen_", 1),
            n_threads=resolve_n_threads(self.n_threads),
        )
        if not hasattr(self, "n_features_in_"):
            note_features(self, X, reset=True)
        record_batch(self, result, data, options)
        return self

    def recommend(
        self,
        users: Any,
        n: int = 10,
        exclude: Any = None,
        *,
        items: Any = None,
        filter_items: Any = None,
    ) -> tuple[NDArray[np.int64], Array]:
        """Return the features with the largest entries of W·H, for each row of W.

        W·H is computed in tiles; the whole matrix is never in memory.

        Parameters
        ----------
        users : array-like of shape (n_users, n_components)
            Rows of W, from ``fit_transform`` or ``transform``.
        n : int, default=10
            Number of features for each row.
        exclude : sparse matrix of shape (n_users, n_features), optional
            Its stored entries are left out, for example the items that a user has
            rated.
        items : array-like of int, optional
            Features to choose from, for all users; by default all.
        filter_items : array-like of int, optional
            Features to leave out for all users.

        Returns
        -------
        items : ndarray of shape (n_users, n), int64
            Best first; of equal ones the lower number first. −1 if there are no more.
        scores : ndarray of shape (n_users, n)
            Their entries of W·H; −∞ if there are no more.
        """
        return recommend(
            users,
            components_of(self),
            n,
            exclude,
            items,
            filter_items,
            resolve_n_threads(self.n_threads),
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted model to a ``.safetensors`` file, completely or not at all.

        Raises
        ------
        ValueError
            If the name has another extension.
        FileExistsError
            If the file exists and ``overwrite`` is false.
        OSError
            If it cannot be written; an existing file is kept.
        """
        components_of(self)
        storage.save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that ``save`` wrote; nothing in the file is executed.

        Raises
        ------
        ValueError
            If the file is damaged or holds something else.
        OSError
            If it cannot be read.
        """
        return storage.load(cls, Path(path))

    def _scan_like_fit(self, X: Any) -> ScannedData:
        """Return X with its sizes; raise if its features are not those of ``fit``."""
        components_of(self)
        data = scan(
            X,
            check_missing(self.missing),
            beta=check_beta_loss(self.beta_loss, check_solver(self.solver)),
            n_threads=resolve_n_threads(self.n_threads),
        )
        note_features(self, X, reset=False)
        components_of(self, data.rows.shape[1])
        return data

    def _solve_W(self, data: ScannedData) -> tuple[SolveResult, NMFOptions]:
        """Return W for H as it is, in the unit of the scanned data."""
        H = components_of(self)
        mean = mean_weights_of(self)
        options = check_options(
            self,
            data,
            H=H,
            fitted=True,
            mean=observed_mean_of(self),
            centre=None if mean is None else CENTRE * mean,
        )
        result = solve_W(
            data,
            options,
            H,
            verbose=self.verbose,
            n_threads=resolve_n_threads(self.n_threads),
        )
        if result.interrupted:  # a part of W would look like all of it
            raise KeyboardInterrupt
        if result.warning is not None:
            warn_caller(*result.warning)
        return result, options
