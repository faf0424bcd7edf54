"""NMF models in files.

The tensors are ``components`` and, if the model has them, ``mean_weights``,
``reconstruction_errs``, ``fixed_components``, and ``numerator`` and ``denominator``:
the statistics from which ``partial_fit`` continues. If the components were set by hand,
what a fit has found for others is left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from latentia._arguments import check_count
from latentia._model_file import (
    Tensors,
    feature_names,
    parameters_of,
    plain,
    read_model,
    restore_features,
    write_model,
)
from latentia.decomposition.nmf.factors import check_factor
from latentia.decomposition.nmf.fit_state import (
    checksums,
    components_of,
    is_as_fitted,
    mean_weights_of,
)
from latentia.decomposition.nmf.solvers import Statistics

KIND = "NMF"

_RESULTS = {
    "converged_": bool,
    "n_iter_": int,
    "reconstruction_err_": float,
    "n_batches_seen_": int,
    "observed_mean_": float,
}

_TENSORS = {
    *("components", "mean_weights", "reconstruction_errs", "fixed_components"),
    *("numerator", "denominator"),
}

_OF_A_FIT = {"mean_weights", "reconstruction_errs"}

M = TypeVar("M")


def save(nmf: Any, path: Path, *, overwrite: bool) -> None:
    """Write a fitted model, completely or not at all."""
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
        tensors["numerator"] = statistics.numerator
        tensors["denominator"] = statistics.denominator
    results = {name: getattr(nmf, name) for name in _RESULTS if hasattr(nmf, name)}
    if not is_as_fitted(nmf):
        results.pop("observed_mean_", None)
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
        raise ValueError(f"{path} must hold an NMF, got {error}") from error


def _restore(cls: type[M], tensors: Tensors, model: dict[str, Any]) -> M:
    for name in ("parameters", "results"):
        if not isinstance(model[name], dict):
            raise TypeError(f"{name} must be a mapping, got {model[name]!r:.200}")
    nmf: Any = cls(**model["parameters"])
    components = tensors["components"]
    if (
        components.ndim != 2
        or not components.size
        or components.dtype not in (np.float32, np.float64)
    ):
        raise ValueError(
            "components must be a matrix in float32 or float64, got the shape "
            f"{components.shape} in {components.dtype}"
        )
    k, n = components.shape
    check_factor(components, "components", (k, n), zeros=True)
    if sorted(tensors) != model["tensors"] or not set(tensors) <= _TENSORS:
        raise ValueError(
            f"tensors must be those of the description, got {sorted(tensors)}"
        )
    if model["as_fitted"] and not (
        set(tensors) >= _OF_A_FIT and model["results"].keys() == _RESULTS.keys()
    ):
        raise ValueError("the results of a fit must be complete, got only a part")
    nmf.components_ = components
    if "mean_weights" in tensors:
        mean = tensors["mean_weights"]
        check_factor(mean[np.newaxis], "mean_weights", (1, k), zeros=True)
        nmf.mean_weights_ = mean
    if "reconstruction_errs" in tensors:
        errors = tensors["reconstruction_errs"]
        if errors.ndim != 1 or not (errors >= 0).all():  # of huge X they are infinite
            raise ValueError("reconstruction_errs must be a vector of numbers ≥ 0")
        nmf.reconstruction_errs_ = errors
    if "fixed_components" in tensors:
        nmf.fixed_components = tensors["fixed_components"]
    for name, value in model["results"].items():
        kind = _RESULTS[name]
        if kind is int:
            check_count(value, name, least=1)
        elif not isinstance(value, kind):
            raise TypeError(f"{name} must be of type {kind.__name__}, got {value!r}")
        setattr(nmf, name, value)
    nmf.n_components_ = k
    nmf._statistics = _statistics(tensors, model["statistics"], (n, k))
    if model["as_fitted"]:
        nmf._checksums = checksums(nmf)
    restore_features(nmf, n, model["feature_names"])
    return nmf  # type: ignore[no-any-return]


def _statistics(
    tensors: Tensors, kind: Any, shape: tuple[int, int]
) -> Statistics | None:
    if kind is None:
        return None
    n, k = shape
    if kind == "products":
        shapes = [(k, k)]
    elif re.fullmatch(r"divergence -?[\d.e+-]+", str(kind)):
        shapes = [(n, k), (1, k)]
    else:
        raise ValueError(f"statistics must be products or divergence β, got {kind!r}")
    below = tensors["denominator"].shape
    if below not in shapes:
        raise ValueError(f"denominator must have a shape of {shapes}, got {below}")
    for name, expected in (("numerator", shape), ("denominator", below)):
        check_factor(tensors[name], name, expected, zeros=True)
    return Statistics(kind, tensors["numerator"], tensors["denominator"])
