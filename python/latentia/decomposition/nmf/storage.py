"""NMF models in files.

The tensors are ``components``, ``mean_weights``, ``reconstruction_errs`` and, if there
are any, ``above`` and ``below``: the statistics that ``partial_fit`` goes on from.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from latentia._model_file import (
    Tensors,
    feature_names,
    parameters_of,
    plain,
    read_model,
    restore_features,
    write_model,
)
from latentia.decomposition.nmf.arguments import check_factor
from latentia.decomposition.nmf.engines import Statistics

KIND = "NMF"

_RESULTS = {
    "converged_": bool,
    "n_iter_": int,
    "reconstruction_err_": float,
    "n_batches_seen_": int,
}
_TENSORS = ("components", "mean_weights", "reconstruction_errs")

M = TypeVar("M")


def save(nmf: Any, path: Path, *, overwrite: bool) -> None:
    """Write a fitted model, whole or not at all."""
    tensors = {name: np.array(getattr(nmf, f"{name}_"), order="C") for name in _TENSORS}
    statistics = nmf._statistics
    if statistics is not None:
        tensors |= {"above": statistics.above, "below": statistics.below}
    model = {
        "parameters": parameters_of(nmf),
        "results": {name: plain(getattr(nmf, name)) for name in _RESULTS},
        "statistics": None if statistics is None else statistics.kind,
        "feature_names": feature_names(nmf),
    }
    write_model(path, KIND, tensors, model, overwrite=overwrite)


def load(cls: type[M], path: Path) -> M:
    """Read what ``save`` wrote."""
    _, tensors, model = read_model(path, KIND)
    try:
        return _restore(cls, tensors, model)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds no NMF: {error}") from None


def _restore(cls: type[M], tensors: Tensors, model: dict[str, Any]) -> M:
    nmf: Any = cls(**model["parameters"])
    components = tensors["components"]
    if (
        components.ndim != 2
        or not components.size
        or components.dtype not in (np.float32, np.float64)
    ):
        raise ValueError("components must be a matrix of floating-point numbers")
    k, n = components.shape
    check_factor(components, "components", (k, n), zeros=True)
    check_factor(
        tensors["mean_weights"][np.newaxis], "mean_weights", (1, k), zeros=True
    )
    errors = tensors["reconstruction_errs"]
    if errors.ndim != 1 or not (errors >= 0).all():  # of huge X they can be infinite
        raise ValueError("reconstruction_errs must be a list of numbers from 0 on")
    for name in _TENSORS:
        setattr(nmf, f"{name}_", tensors[name])
    for name, kind in _RESULTS.items():
        value = model["results"][name]
        counts = kind is not int or (not isinstance(value, bool) and value >= 1)
        if not isinstance(value, kind) or not counts:
            raise ValueError(f"{name} is {value!r}")
        setattr(nmf, name, value)
    nmf.n_components_ = k
    nmf._statistics = _statistics(tensors, model["statistics"], (n, k))
    restore_features(nmf, n, model["feature_names"])
    return nmf  # type: ignore[no-any-return]


def _statistics(
    tensors: Tensors, kind: Any, shape: tuple[int, int]
) -> Statistics | None:
    if kind is None:
        return None
    n, k = shape
    if kind != "sums" and not re.fullmatch(r"slopes -?[\d.e+-]+", str(kind)):
        raise ValueError(f"statistics is {kind!r}")
    belows = [(k, k)] if kind == "sums" else [(n, k), (1, k)]
    if tensors["below"].shape not in belows:
        raise ValueError(f"below has the shape {tensors['below'].shape}")
    for name, expected in (("above", shape), ("below", tensors["below"].shape)):
        check_factor(tensors[name], name, expected, zeros=True)
    return Statistics(kind, tensors["above"], tensors["below"])
