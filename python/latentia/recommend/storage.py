"""Recommenders in files.

The tensors are the fitted arrays of the class, the training matrix (``seen.indptr``,
``seen.indices``, ``seen.data``, and ``seen.times``), and the ids. Integer ids are one
tensor; strings are their UTF-8 bytes and where each begins (``users.text``,
``users.begin``).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import scipy.sparse

from latentia._model_file import Tensors, parameters_of, plain, read_model, write_model
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions

R = TypeVar("R")

_ENCODING = "utf-8", "surrogatepass"


def save(model: Any, path: Path, *, overwrite: bool) -> None:
    """Write a fitted recommender."""
    data: Interactions = model.interactions_
    tensors: Tensors = {}
    for name, axes in model._tensors.items():
        value = getattr(model, name, None)
        if value is None and axes.startswith("?"):
            continue
        tensors[name] = np.asarray(value)
    tensors["seen.indptr"] = data.matrix.indptr.astype(np.int64)
    tensors["seen.indices"] = data.matrix.indices.astype(np.int64)
    tensors["seen.data"] = data.matrix.data
    time_unit = None
    if data.times is not None:
        times = data.times
        if times.dtype.kind == "M":
            time_unit = str(times.dtype)
            times = times.astype(np.int64)
        tensors["seen.times"] = times
    kinds = {}
    for what, ids in (("users", data.users), ("items", data.items)):
        kinds[what], encoded = _encode(ids, what)
        tensors |= encoded
    facts = {name: plain(getattr(model, name)) for name in model._facts}
    description = {
        "parameters": parameters_of(model),
        "facts": facts,
        "ids": kinds,
        "shape": list(data.shape),
        "time_unit": time_unit,
    }
    write_model(path, type(model).__name__, tensors, description, overwrite=overwrite)


def load(cls: type[R], path: Path) -> R:
    """Read a recommender of this class."""
    kind = cls.__name__
    _, tensors, description = read_model(path, kind)
    try:
        restored: R = _restore(cls, tensors, description)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"{path} holds no {kind}: {error}") from error
    return restored


def _restore(cls: type[Any], tensors: Tensors, description: dict[str, Any]) -> Any:
    model = cls(**description["parameters"])
    n_users, n_items = (int(size) for size in description["shape"])
    users = _decode(tensors, "users", description["ids"]["users"], n_users)
    items = _decode(tensors, "items", description["ids"]["items"], n_items)
    data = _seen(tensors, (n_users, n_items), users, items, description["time_unit"])
    sizes = {"u": n_users, "i": n_items}
    for name, axes in cls._tensors.items():
        if axes.startswith("?") and name not in tensors:
            setattr(model, name, None)
            continue
        tensor, letters = tensors[name], axes.lstrip("?")
        expected = len(letters) == tensor.ndim and all(
            sizes.setdefault(letter, size) == size
            for letter, size in zip(letters, tensor.shape, strict=True)
        )
        if not expected:
            raise ValueError(f"{name} has the shape {tensor.shape}")
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise ValueError(f"{name} must be finite")
        setattr(model, name, tensor[()])
    for name, types in cls._facts.items():
        value = description["facts"][name]
        number = isinstance(value, float)
        if type(value) not in types or (number and not math.isfinite(value)):
            raise ValueError(f"{name} is {value!r}")
        setattr(model, name, value)
    model._remember(data)
    return model


def _seen(
    tensors: Tensors,
    shape: tuple[int, int],
    users: Array,
    items: Array,
    time_unit: str | None,
) -> Interactions:
    parts = [tensors[f"seen.{name}"] for name in ("data", "indices", "indptr")]
    matrix = scipy.sparse.csr_array(tuple(parts), shape=shape)
    data = Interactions.from_matrix(matrix, keep_zeros=True)
    if data.n_stored != len(parts[0]) or data.dtype != parts[0].dtype:
        raise ValueError("the training matrix is not canonical")
    times = tensors.get("seen.times")
    if times is not None and time_unit is not None:
        times = times.astype(np.dtype(time_unit))
    return Interactions(data.matrix, users, items, times)


def _encode(ids: Array, what: str) -> tuple[str, Tensors]:
    if ids.dtype.kind in "iu":
        if np.array_equal(ids, np.arange(len(ids))):
            return "numbers", {}
        return "int", {f"{what}.ids": ids.astype(np.int64)}
    if not all(type(value) is str for value in ids):
        odd = next(value for value in ids if type(value) is not str)
        raise TypeError(
            f"ids of {what} must be integers or strings to be saved, got "
            f"{type(odd).__name__}"
        )
    texts = [value.encode(*_ENCODING) for value in ids]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    return "str", {
        f"{what}.text": np.frombuffer(b"".join(texts), dtype=np.uint8),
        f"{what}.begin": np.concatenate([[0], np.cumsum(lengths)]),
    }


def _decode(tensors: Tensors, what: str, kind: str, count: int) -> Array:
    if kind == "numbers":
        return np.arange(count)
    if kind == "int":
        ids = tensors[f"{what}.ids"]
        if ids.dtype != np.int64 or ids.shape != (count,):
            raise ValueError(f"{what} must be {count} integers")
    elif kind == "str":
        begin, text = tensors[f"{what}.begin"], tensors[f"{what}.text"]
        ordered = begin.shape == (count + 1,) and begin.dtype == np.int64
        if (
            not ordered
            or begin[0]
            or begin[-1] != len(text)
            or (np.diff(begin) < 0).any()
        ):
            raise ValueError(f"{what} must be {count} strings")
        whole = text.tobytes()
        ids = np.empty(count, dtype=object)
        for i in range(count):
            ids[i] = whole[begin[i] : begin[i + 1]].decode(*_ENCODING)
    else:
        raise ValueError(f"ids of {what} are {kind!r}")
    if len(set(ids.tolist())) != count:
        raise ValueError(f"{what} must be different ids")
    return ids
