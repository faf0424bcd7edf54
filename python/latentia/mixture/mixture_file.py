"""The file of a saved mixture.

The tensors are ``weights``, ``means``, ``covariances``, ``precisions_cholesky`` and
``lower_bounds``, and ``weights_init``, ``means_init`` and ``precisions_init`` if the
user gave them.
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
from latentia.mixture.fitted_attributes import write_parameters
from latentia.mixture.input_checks import SUM_TOLERANCE
from latentia.mixture.parameters import Parameters

KIND = "GaussianMixture"

_INITIAL = ("weights_init", "means_init", "precisions_init")
_RESULTS = {
    "converged_": bool,
    "n_iter_": int,
    "lower_bound_": float,
    "n_batches_seen_": int,
}
_TENSORS = ("weights", "means", "covariances", "precisions_cholesky")

M = TypeVar("M")


def save(mixture: Any, path: Path, *, overwrite: bool) -> None:
    """Write a fitted mixture; a write that fails leaves no file."""
    parameters = parameters_of(mixture)
    if not isinstance(parameters["init_params"], str):  # responsibilities, a function
        parameters["init_params"] = "kmeans"
    tensors = {
        name: np.array(parameters.pop(name), dtype=np.float64)
        for name in _INITIAL
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
    given = {name: tensors[name] for name in _INITIAL if name in tensors}
    mixture: Any = cls(**model["parameters"], **given)
    _check(mixture, tensors)
    type_ = COVARIANCES[mixture.covariance_type]
    with np.errstate(all="ignore"):
        consistent = type_.is_consistent(
            tensors["covariances"], tensors["precisions_cholesky"]
        )
    if not consistent:
        raise ValueError("covariances and precisions_cholesky contradict each other")
    parameters = Parameters(type_, *(tensors[name] for name in _TENSORS))
    write_parameters(mixture, parameters)
    for name, kind in _RESULTS.items():
        value = model["results"][name]
        value = -np.inf if name == "lower_bound_" and value is None else value
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be of type {kind.__name__}, got {value!r}")
        setattr(mixture, name, value)
    mixture.lower_bounds_ = tensors["lower_bounds"].tolist()
    restore_features(mixture, tensors["means"].shape[1], model["feature_names"])
    return mixture  # type: ignore[no-any-return]


def _check(mixture: Any, tensors: dict[str, NDArray[Any]]) -> None:
    """Raise if the tensors are not the parameters of this mixture."""
    type_ = COVARIANCES[mixture.covariance_type]
    k, (_, d) = mixture.n_components, tensors["means"].shape
    if d < 1:
        raise ValueError("means must have at least one feature, got none")
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
    if (weights < 0).any() or abs(weights.sum() - 1) > SUM_TOLERANCE:
        raise ValueError(f"weights must be non-negative and sum to 1, got {weights}")
    if not type_.is_cholesky(tensors["precisions_cholesky"]):
        raise ValueError(
            f"precisions_cholesky must be factors for covariance_type={type_.name!r}"
        )
