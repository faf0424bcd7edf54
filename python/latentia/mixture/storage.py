"""Mixtures in files: tensors and a description in JSON, nothing that could run.

A ``.safetensors`` file with the tensors ``weights``, ``means``, ``covariances``,
``precisions_cholesky`` and ``lower_bounds``, the given starts if there are any, and the
metadata ``format``, ``version`` and ``model``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from latentia._files import replacing
from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.parameters import Parameters

FORMAT = "latentia.GaussianMixture"
VERSION = 1

_STARTS = ("weights_init", "means_init", "precisions_init")
_RESULTS = {
    "converged_": bool,
    "n_iter_": int,
    "lower_bound_": float,
    "n_batches_seen_": int,
}
_TENSORS = ("weights", "means", "covariances", "precisions_cholesky")

M = TypeVar("M")


def save(mixture: Any, path: Path) -> None:
    """Write a fitted mixture, whole or not at all."""
    if path.suffix != ".safetensors":
        raise ValueError(f"the file's name must end in .safetensors, got {path}")
    parameters = {k: _plain(v) for k, v in mixture.get_params(deep=False).items()}
    # A generator in use has no place in a file; its mixture has.
    if not isinstance(parameters["random_state"], int):
        parameters["random_state"] = None
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
        "results": {name: _plain(getattr(mixture, name)) for name in _RESULTS},
        "feature_names": [str(n) for n in getattr(mixture, "feature_names_in_", [])],
    }
    metadata = {"format": FORMAT, "version": str(VERSION), "model": json.dumps(model)}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata)


def load(cls: type[M], path: Path) -> M:
    """Read what ``save`` wrote."""
    tensors, model = _read(path)
    try:
        return _restore(cls, tensors, model)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds no mixture: {error}") from None


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
    mixture.n_features_in_ = tensors["means"].shape[1]
    names = model["feature_names"]
    if not isinstance(names, list) or len(names) not in (0, mixture.n_features_in_):
        raise ValueError(f"feature_names must be a list of {mixture.n_features_in_}")
    if names:
        mixture.feature_names_in_ = np.array([str(n) for n in names], dtype=object)
    return mixture  # type: ignore[no-any-return]


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors and the description, or raise naming the file."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            if metadata.get("format") == FORMAT:
                tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
    except (TypeError, AttributeError) as error:  # a type that NumPy does not have
        raise ValueError(f"{path} holds numbers of another type: {error}") from None
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{path} holds {metadata.get('format', 'something else')}, not {FORMAT}"
        )
    if metadata.get("version") != str(VERSION):
        raise ValueError(
            f"{path} has format version {metadata.get('version')}; this latentia reads "
            f"version {VERSION}"
        )
    try:
        model = json.loads(metadata["model"])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} has no readable description: {error}") from None
    return tensors, model


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


def _plain(value: Any) -> Any:
    """Return what JSON can hold: −inf, of a fit without iterations, is null."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and value == -np.inf else value
