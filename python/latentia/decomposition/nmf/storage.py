"""NMF models in files.

The tensors are ``components`` and, if there are any, ``mean_weights``,
``reconstruction_errs``, ``fixed_components``, and ``above`` and ``below``: the
statistics that ``partial_fit`` goes on from. A model whose components were set by hand
has less.
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
from latentia.decomposition.nmf.held import (
    components_of,
    is_as_fitted,
    mark,
    mean_weights_of,
)

KIND = "NMF"

_RESULTS = {
    "converged_": bool,
    "n_iter_": int,
    "reconstruction_err_": float,
    "n_batches_seen_": int,
    "known_mean_": float,
}

_TENSORS = {
    *("components", "mean_weights", "reconstruction_errs", "fixed_components"),
    *("above", "below"),
}

_OF_A_FIT = {"mean_weights", "reconstruction_errs"}

M = TypeVar("M")


def save(nmf: Any, path: Path, *, overwrite: bool) -> None:
    """Write a fitted model, whole or not at all."""
    tensors = {"components": components_of(nmf)}
    if (mean := mean_weights_of(nmf)) is not None:
        tensors["mean_weights"] = mean
    if hasattr(nmf, "reconstruction_errs_"):
        tensors["reconstruction_errs"] = np.array(nmf.reconstruction_errs_)
    parameters = parameters_of(nmf) | {"fixed_components": None}
    if nmf.fixed_components is not None:
        tensors["fixed_components"] = np.array(nmf.fixed_components, order="C")
    statistics = nmf._statistics if is_as_fitted(nmf) else None
    if statistics is not None:
        tensors |= {"above": statistics.above, "below": statistics.below}
    results = {name: getattr(nmf, name) for name in _RESULTS if hasattr(nmf, name)}
    if not is_as_fitted(nmf):
        results.pop("known_mean_", None)
    model = {
        "tensors": sorted(tensors),
        "as_fitted": is_as_fitted(nmf),
        "parameters": parameters,
        "results": {name: plain(value) for name, value in results.items()},
        "statistics": None if statistics is None else statistics.kind,
        "feature_names": feature_names(nmf),
    }
    write_model(path, KIND, tensors, model, overwrite=overwrite)


def load(cls: type[M], path: Path) -> M:
    """Read what ``save`` wrote."""
    _, tensors, model = read_model(path, KIND)
    try:
        return _restore(cls, tensors, model)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no NMF: {error}") from error


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
    if not sorted(tensors) == model["tensors"] or not set(tensors) <= _TENSORS:
        raise ValueError(f"its tensors are {sorted(tensors)}")
    if not isinstance(model["results"], dict):
        raise ValueError(f"results must be a mapping, got {model['results']!r:.100}")
    if model["as_fitted"] and not (
        set(tensors) >= _OF_A_FIT and model["results"].keys() == _RESULTS.keys()
    ):
        raise ValueError("results of the fit are missing")
    nmf.components_ = components
    if "mean_weights" in tensors:
        mean = tensors["mean_weights"]
        check_factor(mean[np.newaxis], "mean_weights", (1, k), zeros=True)
        nmf.mean_weights_ = mean
    if "reconstruction_errs" in tensors:
        errors = tensors["reconstruction_errs"]
        if errors.ndim != 1 or not (errors >= 0).all():  # of huge X they are infinite
            raise ValueError("reconstruction_errs must be a list of numbers from 0 on")
        nmf.reconstruction_errs_ = errors
    if "fixed_components" in tensors:
        nmf.fixed_components = tensors["fixed_components"]
    for name, value in model["results"].items():
        kind = _RESULTS[name]
        counts = kind is not int or (not isinstance(value, bool) and value >= 1)
        if not isinstance(value, kind) or not counts:
            raise ValueError(f"{name} is {value!r}")
        setattr(nmf, name, value)
    nmf.n_components_ = k
    nmf._statistics = _statistics(tensors, model["statistics"], (n, k))
    if model["as_fitted"]:
        nmf._mark = mark(nmf)
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
