"""New users of whom features are known, with events or without."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from latentia.recommend.features import checked_features, frame_ids, predicted
from latentia.recommend.ids import Array, check_ids
from latentia.recommend.interactions import Interactions
from latentia.recommend.user_blocks import asked_users
from latentia.recommend.user_events import UserEvents
from latentia.rows import RowSource


def described_users(
    users: Any, user_features: Any, known: Interactions
) -> tuple[UserEvents | RowSource, Array]:
    """Return the events and ids of new users whose features are given.

    Raises
    ------
    ValueError
        If they are users of the fit.
    """
    if users is None:
        (n_users,) = np.shape(user_features)[:1] or (0,)
        matrix = scipy.sparse.csr_array((n_users, known.shape[1]), dtype=known.dtype)
        index = frame_ids(user_features)
        ids = np.arange(n_users)
        if index is not None:
            ids = check_ids(index, "the index of user_features", n_users, "rows")
        return UserEvents(matrix, None), ids
    asked, ids = asked_users(users, known)
    if isinstance(asked, UserEvents) and asked.rows is not None:
        raise ValueError(
            "user_features are for new users: give their events as users, or no "
            "users; those of the fit have the features of the fit"
        )
    return asked, ids


def predicted_prior(user_features: Any, ids: Array, W: Array | None) -> Array:
    """Return the factors that features of new users predict, with the weights W.

    Raises
    ------
    TypeError, ValueError
        If the features are wrong, or others than those of the fit.
    """
    if W is None:
        raise ValueError(
            "user_features must be given to fit too, which has learnt none"
        )
    found = checked_features(user_features, ids, "user_features")
    if found.shape[1] != len(W):
        raise ValueError(
            f"user_features must have the {len(W)} features of the fit, got "
            f"{found.shape[1]}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        prior = predicted(found, W, W.dtype)
    if not np.isfinite(prior).all():
        row = int((~np.isfinite(prior).all(axis=1)).argmax())
        raise ValueError(
            f"user_features are too large for {W.dtype.name}, the type of the fit: row "
            f"{row} ({ids[row]!r})"
        )
    return prior
