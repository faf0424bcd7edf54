"""Mixtures in files.

The tensors are ``weights``, ``means``, ``covariances``, ``precisions_cholesky`` and
``lower_bounds``, and the given starts if there are any.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from latentia._model_file import (
    feature_names,
    parameters_of,
    plain,
    read_model,
    restore_features,
    write_model,
)
from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.parameters import Parameters

KIND = "GaussianMixture"

_STARTS = ("weights_init", "means_init", "precisions_init")
_RESULTS = {
    "converged_": bool,
    "n_iter_": int,
    "lower_bound_": float,
    "n_batches_seen_": int,
}
_TENSORS = ("weights", "means", "covariances", "precisions_cholesky")

M = TypeVar("M")


def save(mixture: Any, path: Path, *, overwrite: bool) -> None:
    """Write a fitted mixture, whole or not at all."""
    parameters = parameters_of(mixture)
    if not isinstance(parameters["init_params"], str):  # like a generator in use
        parameters["init_params"] = "kmeans"
    tensors = {
        name: np.array(parameters.pop(name), dtype=np.float64)
        for name in _STARTS
        if parameters[name] is not None
    }
    for name in (*_TENSORS, "lower_bounds"):
        tensors[name] = np.array(getattr(mixture, f"{name}_"), dtype=np.float64)
    _check(mixture, tensors)
    model = {
        "parameters": parameters,
        "results": {name: plain(getattr(mixture, name)) for name in _RESULTS},
        "feature_names": feature_names(mixture),
    }
    write_model(path, KIND, tensors, model, overwrite=overwrite)


def load(cls: type[M], path: Path) -> M:
    """Read what ``save`` wrote."""
    _, tensors, model = read_model(path, KIND)
    try:
        return _restore(cls, tensors, model)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no mixture: {error}") from error


def _restore(
    cls: type[M], tensors: dict[str, NDArray[Any]], model: dict[str, Any]
) -> M:
    given = {name: tensors[name] for name in _STARTS if name in tensors}
    mixture: Any = cls(**model["parameters"], **given)
    _check(mixture, tensors)
    type_ = COVARIANCES[mixture.covariance_type]
    with np.errstate(all="ignore"):
        together = type_.belong_together(
            tensors["covariances"], tensors["precisions_cholesky"]
        )
    if not together:
        raise ValueError("covariances and precisions_cholesky do not belong together")
    mixture._keep(Parameters(type_, *(tensors[name] for name in _TENSORS)))
    for name, kind in _RESULTS.items():
        value = model["results"][name]
        value = -np.inf if name == "lower_bound_" and value is None else value
        if not isinstance(value, kind):
            raise ValueError(f"{name} is {value!r}")
        setattr(mixture, name, value)
    mixture.lower_bounds_ = tensors["lower_bounds"].tolist()
    restore_features(mixture, tensors["means"].shape[1], model["feature_names"])
    return mixture  # type: ignore[no-any-return]


def _check(mixture: Any, tensors: dict[str, NDArray[Any]]) -> None:
    """Raise if the tensors are not the parameters of such a mixture."""
    type_ = COVARIANCES[mixture.covariance_type]
    k, (_, d) = mixture.n_components, tensors["means"].shape
    if d < 1:
        raise ValueError("means without features")
    shape = type_.shape(k, d)
    shapes = {
        "weights": (k,),
        "means": (k, d),
        "covariances": shape,
        "precisions_cholesky": shape,
    }
    for name, expected in shapes.items():
        tensor = tensors[name]
        if tensor.shape != expected or tensor.dtype != np.float64:
            raise ValueError(
                f"{name} must be float64 of shape {expected}, for n_components={k} and "
                f"covariance_type={type_.name!r}; got {tensor.dtype} {tensor.shape}"
            )
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name} must be finite")
    weights = tensors["weights"]
    if (weights < 0).any() or abs(weights.sum() - 1) > 1e-6:
        raise ValueError(f"weights must be shares of 1, got {weights}")
    if not type_.is_factor(tensors["precisions_cholesky"]):
        raise ValueError(f"precisions_cholesky are none of type {type_.name!r}")
