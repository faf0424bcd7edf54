"""Fitted models in files: tensors and a description in JSON, without any code.

All models use one format: a ``.safetensors`` file with these metadata.

===========  ===========================================================================
``format``   "latentia model"
``version``  version of the format, a number
``kind``     class of the model
``model``    description, JSON
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
VERSION = 2  # version 1 had no checksum

_SHORT = 8
"""Longest array that is a parameter like a tuple; longer ones are tensors."""

Tensors = dict[str, NDArray[Any]]


class ModelFile(NamedTuple):
    """Content of a file."""

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
    """Write a model, atomically.

    Raises
    ------
    ValueError
        If the name does not end in ``.safetensors``.
    FileExistsError
        If the file exists and ``overwrite`` is false.
    OSError
        If the file cannot be written; an existing file stays unchanged.
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
    """Return the content of a file.

    Parameters
    ----------
    path : Path
    kind : str, optional
        The class of model that the file must hold.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a model, is of another kind or version, or was changed in
        any bit.
    """
    check_input(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(path, metadata)
            tensors = {name: _tensor(path, file, name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
    if metadata.pop("sha256", None) != _checksum(tensors, metadata):
        raise ValueError(f"{path} was damaged or edited: its checksum does not match")
    found = metadata.get("kind", "model without a kind")
    if kind is not None and found != kind:
        raise ValueError(f"{path} holds a saved {found}, which {kind}.load cannot read")
    try:
        return ModelFile(found, tensors, json.loads(metadata["model"]))
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} has no readable description: {error}") from None


def kind_of(path: Path) -> str | None:
    """Return the class of the model in a file, or None; only the header is read."""
    if not path.is_file():  # to open a pipe would wait until somebody writes to it
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError):
        return None
    return metadata.get("kind") if metadata.get("format") == FORMAT else None


def _tensor(path: Path, file: Any, name: str) -> NDArray[Any]:
    """Return a tensor, or raise if NumPy does not have its type, such as bfloat16."""
    try:
        tensor: NDArray[Any] = file.get_tensor(name)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds numbers of another type: {error}") from None
    return tensor


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    """Raise if this is not a model, or one of another version."""
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
    """Convert "I/O error: No space left on device (os error 28)" to an OSError."""
    found = re.search(r"([^:]*) \(os error (\d+)\)", str(error))
    if found is None:
        return OSError(str(error))
    return OSError(int(found[2]), found[1].strip())


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return the arguments of its constructor in a form that JSON can hold.

    A random generator is stored as None.
    """
    parameters = {k: plain(v) for k, v in estimator.get_params(deep=False).items()}
    if not isinstance(parameters.get("random_state", 0), int):
        parameters["random_state"] = None
    return parameters


def feature_names(estimator: Any) -> list[str]:
    """Return the feature names of the fit, or an empty list."""
    return [str(name) for name in getattr(estimator, "feature_names_in_", [])]


def restore_features(estimator: Any, n_features: int, names: Any) -> None:
    """Set ``n_features_in_`` and ``feature_names_in_``, or raise."""
    if not isinstance(names, list) or len(names) not in (0, n_features):
        raise ValueError(f"feature_names must be a list of {n_features}")
    estimator.n_features_in_ = n_features
    if names:
        estimator.feature_names_in_ = np.array([str(n) for n in names], dtype=object)


def plain(value: Any) -> Any:
    """Return a value that JSON can hold; −inf, of a fit without iterations, is null."""
    if isinstance(value, np.ndarray) and value.ndim == 1 and len(value) <= _SHORT:
        value = value.tolist()  # such as a size
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value)) if type(value) in (list, tuple) else value
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and value == -np.inf else value
