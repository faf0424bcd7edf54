"""Fitted models in files: tensors and a description in JSON, nothing that could run.

A ``.safetensors`` file whose metadata hold ``format`` (what is in it), ``version`` and
``model``, the description.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from latentia._files import replacing

Tensors = dict[str, NDArray[Any]]


def write_model(
    path: Path, tensors: Tensors, model: dict[str, Any], *, format: str, version: int
) -> None:
    """Write a model, whole or not at all."""
    if path.suffix != ".safetensors":
        raise ValueError(f"the file's name must end in .safetensors, got {path}")
    metadata = {"format": format, "version": str(version), "model": json.dumps(model)}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata)


def read_model(
    path: Path, *, format: str, version: int
) -> tuple[Tensors, dict[str, Any]]:
    """Return the tensors and the description, or raise naming the file."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            if metadata.get("format") == format:
                tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
    except (TypeError, AttributeError) as error:  # a type that NumPy does not have
        raise ValueError(f"{path} holds numbers of another type: {error}") from None
    if metadata.get("format") != format:
        raise ValueError(
            f"{path} holds {metadata.get('format', 'something else')}, not {format}"
        )
    if metadata.get("version") != str(version):
        raise ValueError(
            f"{path} has format version {metadata.get('version')}; this latentia reads "
            f"version {version}"
        )
    try:
        model = json.loads(metadata["model"])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} has no readable description: {error}") from None
    return tensors, model


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return its constructor's arguments as JSON can hold them.

    A generator in use has no place in a file.
    """
    parameters = {k: plain(v) for k, v in estimator.get_params(deep=False).items()}
    if not isinstance(parameters["random_state"], int):
        parameters["random_state"] = None
    return parameters


def feature_names(estimator: Any) -> list[str]:
    """Return the names of the features that a fit saw, if they had any."""
    return [str(name) for name in getattr(estimator, "feature_names_in_", [])]


def restore_features(estimator: Any, n_features: int, names: Any) -> None:
    """Set ``n_features_in_`` and ``feature_names_in_``, or raise."""
    if not isinstance(names, list) or len(names) not in (0, n_features):
        raise ValueError(f"feature_names must be a list of {n_features}")
    estimator.n_features_in_ = n_features
    if names:
        estimator.feature_names_in_ = np.array([str(n) for n in names], dtype=object)


def plain(value: Any) -> Any:
    """Return what JSON can hold: −inf, of a fit without iterations, is null."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and value == -np.inf else value
