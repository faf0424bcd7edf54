"""Fitted models in files: tensors and a description in JSON, nothing that could run.

All models share one format: a ``.safetensors`` file with these metadata.

===========  ===========================================================================
``format``   "latentia model"
``version``  of the format, a number
``kind``     the model's class
``model``    the description, JSON
``sha256``   of the metadata above and of every tensor's name, type, shape and bytes
===========  ===========================================================================
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from latentia._files import check_input, check_target, replacing

FORMAT = "latentia model"
VERSION = 2  # 1, which had no checksum, was a format for each model

Tensors = dict[str, NDArray[Any]]


class ModelFile(NamedTuple):
    """What a file holds."""

    kind: str
    tensors: Tensors
    model: Any


def write_model(
    path: Path,
    kind: str,
    tensors: Tensors,
    model: dict[str, Any],
    *,
    overwrite: bool = False,
) -> None:
    """Write a model, whole or not at all.

    Raises
    ------
    ValueError
        If the name does not end in ``.safetensors``.
    FileExistsError
        If there is a file of that name and ``overwrite`` is false.
    OSError
        If it cannot be written; an earlier file stays.
    """
    check_model_path(path, overwrite=overwrite)
    tensors = {name: np.asarray(t, order="C") for name, t in tensors.items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "kind": kind,
        "model": json.dumps(model),
    }
    metadata["sha256"] = _checksum(tensors, metadata)
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, metadata)
        except SafetensorError as error:
            raise _as_oserror(error) from None


def check_model_path(path: Path, *, overwrite: bool) -> None:
    """Raise if no model may be written there, as ``write_model`` does."""
    if path.suffix != ".safetensors":
        raise ValueError(f"the file's name must end in .safetensors, got {path}")
    check_target(path, replace=overwrite, remedy="overwrite=True replaces it")


def read_model(path: Path, kind: str | None = None) -> ModelFile:
    """Return what a file holds.

    Parameters
    ----------
    path : Path
    kind : str, optional
        The class of model that it must be.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is another file, of another kind or a newer version, or not what was
        written: any bit of it.
    """
    check_input(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(path, metadata)
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
    except (TypeError, AttributeError) as error:  # a type that NumPy does not have
        raise ValueError(f"{path} holds numbers of another type: {error}") from None
    if metadata.pop("sha256", None) != _checksum(tensors, metadata):
        raise ValueError(f"{path} was damaged or edited: its checksum is another")
    found = metadata.get("kind", "model without a kind")
    if kind is not None and found != kind:
        raise ValueError(f"{path} holds a saved {found}, which {kind}.load cannot read")
    try:
        return ModelFile(found, tensors, json.loads(metadata["model"]))
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} has no readable description: {error}") from None


def kind_of(path: Path) -> str | None:
    """Return the class of the model in a file, or None; nothing else is read of it."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError):
        return None
    return metadata.get("kind") if metadata.get("format") == FORMAT else None


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    """Raise if this is no model, or one of a version whose checksum may be another."""
    name, version = metadata.get("format", ""), metadata.get("version")
    if name != FORMAT and not re.fullmatch(r"latentia\.\w+", name):
        raise ValueError(f"{path} holds {name or 'something else'}, not a {FORMAT}")
    if name != FORMAT or version != str(VERSION):
        raise ValueError(
            f"{path} has format version {version}; this latentia reads version "
            f"{VERSION}"
        )


def _checksum(tensors: Tensors, metadata: Mapping[str, str]) -> str:
    heads = [[name, t.dtype.name, t.shape] for name, t in sorted(tensors.items())]
    text = json.dumps([sorted(metadata.items()), heads])
    digest = hashlib.sha256(text.encode())
    for _, tensor in sorted(tensors.items()):
        digest.update(tensor.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _as_oserror(error: SafetensorError) -> OSError:
    """Return "I/O error: No space left on device (os error 28)" as Python has it."""
    found = re.search(r"([^:]*) \(os error (\d+)\)", str(error))
    if found is None:
        return OSError(str(error))
    return OSError(int(found[2]), found[1].strip())


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
