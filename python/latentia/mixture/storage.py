"""Mixtures in files: tensors and a description in JSON, nothing that could run.

A ``.safetensors`` file with the tensors ``weights``, ``means`` and ``covariances``, the
given starts if there are any, and the metadata ``format``, ``version`` and ``model``.
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
from latentia.mixture.parameters import Parameters, with_covariances

FORMAT = "latentia.GaussianMixture"
VERSION = 1

_STARTS = ("weights_init", "means_init", "precisions_init")
_RESULTS = ("converged_", "n_iter_", "lower_bound_", "n_batches_seen_")

M = TypeVar("M")


def save(mixture: Any, path: Path) -> None:
    """Write a fitted mixture, whole or not at all."""
    if path.suffix != ".safetensors":
        raise ValueError(f"the file's name must end in .safetensors, got {path}")
    parameters = mixture.get_params(deep=False)
    seed = parameters["random_state"]
    # A generator in use has no place in a file; its model has.
    parameters["random_state"] = (
        int(seed) if isinstance(seed, int | np.integer) else None
    )
    tensors: dict[str, NDArray[Any]] = {
        name: np.asarray(parameters.pop(name), dtype=np.float64)
        for name in _STARTS
        if parameters[name] is not None
    }
    for name in ("weights", "means", "covariances"):
        tensors[name] = np.ascontiguousarray(getattr(mixture, f"{name}_"))
    tensors["lower_bounds"] = np.array(mixture.lower_bounds_, dtype=np.float64)
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
        given = {name: tensors[name] for name in _STARTS if name in tensors}
        mixture: Any = cls(**model["parameters"], **given)
        found = _parameters(mixture.covariance_type, tensors)
        results = {name: model["results"][name] for name in _RESULTS}
        lower_bounds = tensors["lower_bounds"].tolist()
        names = model["feature_names"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{path} is not a mixture as latentia saves it: {error}"
        ) from None
    mixture._keep(found)
    for name, value in results.items():
        setattr(mixture, name, -np.inf if value is None else value)
    mixture.lower_bounds_ = lower_bounds
    mixture.n_features_in_ = found.means.shape[1]
    if names:
        mixture.feature_names_in_ = np.array(names, dtype=object)
    return mixture  # type: ignore[no-any-return]


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors and the description, or raise naming the file."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
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
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} has no readable description: {error}") from None
    return tensors, model


def _parameters(covariance_type: str, tensors: dict[str, NDArray[Any]]) -> Parameters:
    """Return the mixture's parameters if they are those of one, or raise."""
    type_ = COVARIANCES[covariance_type]
    weights, means = tensors["weights"], tensors["means"]
    covariances = tensors["covariances"]
    if means.ndim != 2 or means.size == 0 or weights.shape != means.shape[:1]:
        raise ValueError(f"weights {weights.shape} and means {means.shape} do not fit")
    if covariances.shape != type_.shape(*means.shape):
        raise ValueError(f"covariances of shape {covariances.shape}")
    for name in ("weights", "means", "covariances"):
        if tensors[name].dtype != np.float64 or not np.isfinite(tensors[name]).all():
            raise ValueError(f"{name} must be finite numbers in float64")
    if (weights < 0).any() or abs(weights.sum() - 1) > 1e-6:
        raise ValueError(f"weights add up to {weights.sum():.6g}")
    return with_covariances(type_, weights, means, covariances)


def _plain(value: Any) -> Any:
    """Return what JSON can hold: −inf, of a fit without iterations, is null."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if value == -np.inf else value
