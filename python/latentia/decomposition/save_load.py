"""PCA and TruncatedSVD in files: what a fit has found, and its parameters."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from latentia._model_file import (
    Tensors,
    feature_names,
    parameters_of,
    plain,
    read_model,
    restore_features,
    write_model,
)
from latentia.rows import Centre

_COMMON = {
    "components_": "kn",
    "explained_variance_": "k",
    "explained_variance_ratio_": "k",
    "singular_values_": "k",
    "residuals_": "k",
    "error_bound_": "k",
}
_ARRAYS = {
    "PCA": _COMMON | {"mean_": "n", "noise_variance_": ""},
    "TruncatedSVD": _COMMON,
}
"""The arrays that a fit leaves, and their axes: k components, n features."""

_FINITE = ("components_", "mean_", "singular_values_")

_FACTS: dict[str, dict[str, tuple[type, ...]]] = {
    "PCA": {
        "n_components_": (int,),
        "n_samples_": (int, float),  # a sum of weights need not be whole
        "n_passes_": (int,),
        "method_": (str,),
    },
    "TruncatedSVD": {"n_passes_": (int,), "method_": (str,)},
}
"""What else it leaves."""

_OF_BATCHES: dict[str, tuple[type, ...]] = {"n_samples_seen_": (int,)}
"""What ``partial_fit`` leaves besides; a fit does not."""


class Storable:
    """``save`` and ``load`` of an estimator that the tables above name."""

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the fitted estimator to a ``.safetensors`` file, atomically.

        Parameters
        ----------
        path : path-like
        overwrite : bool, default=False
            Replace a file of that name.

        Raises
        ------
        ValueError
            If the name has another ending, or results that were set by hand do not
            belong together.
        FileExistsError
            If there is a file of that name, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
        """
        check_is_fitted(self)
        kind = _kind(type(self))
        tensors = {name: np.asarray(getattr(self, name)) for name in _ARRAYS[kind]}
        _check(kind, tensors)
        centre: Centre | None = getattr(self, "_centre", None)
        if centre is not None:
            tensors["centre"] = np.stack([centre.value, centre.rest, centre.far])
        model = {
            "parameters": parameters_of(self),
            "facts": {
                name: plain(getattr(self, name))
                for name in _FACTS[kind] | _OF_BATCHES
                if name not in _OF_BATCHES or hasattr(self, name)
            },
            "feature_names": feature_names(self),
        }
        write_model(Path(path), kind, tensors, model, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote; nothing in the file is run.

        Parameters
        ----------
        path : path-like

        Returns
        -------
        estimator
            Fitted as it was; a ``random_state`` that was a generator is None.

        Raises
        ------
        ValueError
            If a bit of the file is not as it was written, or it holds something else.
        OSError
            If it cannot be read.
        """
        kind = _kind(cls)
        _, tensors, model = read_model(Path(path), kind)
        try:
            restored: Self = _restore(cls, kind, tensors, model)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no {kind}: {error}") from error
        return restored


def _kind(cls: type) -> str:
    """Return which of the estimators it is, or is derived from."""
    return next(base.__name__ for base in cls.__mro__ if base.__name__ in _ARRAYS)


def _restore(cls: type[Any], kind: str, tensors: Tensors, model: dict[str, Any]) -> Any:
    estimator = cls(**model["parameters"])
    _check(kind, tensors)
    for name in _ARRAYS[kind]:
        setattr(estimator, name, tensors[name][()])  # of no axis it is a number
    facts = model["facts"]
    of_batches = {name: _OF_BATCHES[name] for name in _OF_BATCHES if name in facts}
    for name, types in (_FACTS[kind] | of_batches).items():
        value = facts[name]
        if type(value) not in types:
            raise ValueError(f"{name} is {value!r}")
        setattr(estimator, name, value)
    n_features = tensors["components_"].shape[1]
    if "centre" in tensors:  # the digits that mean_ has no room for
        parts = tensors["centre"]
        if parts.shape != (3, n_features) or not np.isfinite(parts).all():
            raise ValueError(f"centre must be finite, of shape (3, {n_features})")
        value, rest, far = parts.astype(np.float64)
        estimator._centre = Centre(value, rest, far != 0)
    restore_features(estimator, n_features, model["feature_names"])
    return estimator


def _check(kind: str, tensors: Tensors) -> None:
    """Raise if these are not the results of one fit."""
    components = tensors["components_"]
    if components.ndim != 2 or not components.shape[1]:
        raise ValueError(f"components_ must be a matrix, got shape {components.shape}")
    size = dict(zip("kn", components.shape, strict=True))
    for name, axes in _ARRAYS[kind].items():
        tensor, shape = tensors[name], tuple(size[axis] for axis in axes)
        if tensor.shape != shape or tensor.dtype not in (np.float32, np.float64):
            raise ValueError(
                f"{name} must be float32 or float64 of shape {shape}, as components_ "
                f"are {components.shape}; got {tensor.dtype} {tensor.shape}"
            )
        if name in _FINITE and not np.isfinite(tensor).all():
            raise ValueError(f"{name} must be finite")
