"""What an NMF does with components that are known, by a fit or set by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import sklearn.decomposition
from numpy.typing import NDArray
from sklearn.utils import Tags

from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.nmf import storage
from latentia.decomposition.nmf.arguments import (
    check_beta,
    check_missing,
    check_solver,
)
from latentia.decomposition.nmf.data import Data, take_in
from latentia.decomposition.nmf.factor import fill
from latentia.decomposition.nmf.fitted import encode_rows
from latentia.decomposition.nmf.held import components_of, mean_weights_of
from latentia.decomposition.nmf.recommend import recommend

Array = NDArray[Any]


class FittedNMF(sklearn.decomposition.NMF):  # type: ignore[misc]
    """The methods of ``NMF`` that need no fit, but ``components_``."""

    def transform(self, X: Any) -> Any:
        """Return W (n_samples, n_components) for new rows, with H as it is.

        Of a row without known entries W is ``mean_weights_``; if H was set by hand, the
        mean of the other rows here.
        """
        data = self._take_in_like_fit(X)
        mean = mean_weights_of(self)
        if data.n_known == 0:
            if mean is None:
                raise ValueError(
                    "X has no known entry, and there is no mean_weights_ for these "
                    "components"
                )
            fill(W := data.rows.empty_state(len(self.components_)), mean)
            return W.result()
        W = encode_rows(self, data, self._threads())[0].W
        data.out_of_unit(W)
        data.fill_unknown(W, data.mean_of_known(W) if mean is None else mean)
        return W.result()

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

        W·H is made tile by tile, never whole.

        Parameters
        ----------
        users : array-like of shape (n_users, n_components)
            Rows of W, from ``fit_transform`` or ``transform``.
        n : int, default=10
            How many features a row.
        exclude : sparse matrix of shape (n_users, n_features), optional
            What it stores is left out: the items that a user knows already.
        items : array-like of int, optional
            Numbers of the features to choose from, for all users; by default all.
        filter_items : array-like of int, optional
            Numbers of features that are left out for all users.

        Returns
        -------
        items : ndarray of shape (n_users, n), int64
            Best first, of equals the lower number first; −1 where there are no more.
        scores : ndarray of shape (n_users, n)
            Their entries of W·H; −∞ where there are no more.
        """
        return recommend(
            users,
            components_of(self),
            n,
            exclude,
            items,
            filter_items,
            self._threads(),
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted model to a ``.safetensors`` file, whole or not at all.

        Raises
        ------
        ValueError
            If the name has another ending.
        FileExistsError
            If there is a file of that name, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
        """
        components_of(self)
        storage.save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that ``save`` wrote; nothing in the file is run.

        Raises
        ------
        ValueError
            If a bit of the file is not as it was written, or it holds something else.
        OSError
            If it cannot be read.
        """
        return storage.load(cls, Path(path))

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that NaN may come in."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing is not None
        return tags

    def _threads(self) -> int:
        return resolve_n_threads(self.n_threads)

    def _take_in(self, X: Any) -> Data:
        return take_in(
            X,
            check_missing(self.missing),
            beta=check_beta(self.beta_loss, check_solver(self.solver)),
            n_threads=self._threads(),
        )

    def _take_in_like_fit(self, X: Any) -> Data:
        """Return X as data; raise if its features are not those of ``fit``."""
        components_of(self)
        data = self._take_in(X)
        note_features(self, X, reset=False)
        components_of(self, data.rows.shape[1])
        return data
