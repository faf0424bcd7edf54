"""The fitted attributes of a mixture: set by a fit, or changed by the user since.

``covariances_``, ``precisions_`` and ``precisions_cholesky_`` are three forms of the
same thing. A form that differs from what latentia wrote last was set by the user; it is
used, and the other forms are updated. If the user set several, they must agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._blas import serial_blas
from latentia.mixture.covariance import (
    COVARIANCES,
    CovarianceType,
    check_covariance_type,
)
from latentia.mixture.input_checks import check_array, check_probabilities
from latentia.mixture.parameters import Parameters
from latentia.mixture.working_dtype import FLOAT64, is_in_range

Array = NDArray[Any]

FORMS = ("precisions_cholesky_", "covariances_", "precisions_")
NAMES = ("weights_", "means_", *FORMS)


@dataclass(frozen=True)
class AttributeSnapshot:
    """What latentia wrote last to the attributes, in arrays of its own."""

    parameters: Parameters
    precisions: Array

    def changed(self, mixture: Any) -> list[str]:
        """Return the names of the attributes that have another value now."""
        p = self.parameters
        written = (
            p.weights,
            p.means,
            p.precision_cholesky,
            p.covariances,
            self.precisions,
        )
        return [
            name
            for name, array in zip(NAMES, written, strict=True)
            if _has(mixture, name) and not np.array_equal(getattr(mixture, name), array)
        ]


def has_parameters(mixture: Any) -> bool:
    """Return whether a fit or the user has set a parameter."""
    return any(_has(mixture, name) for name in NAMES)


def _has(mixture: Any, name: str) -> bool:
    return getattr(mixture, name, None) is not None


def was_changed(mixture: Any) -> bool:
    """Return whether the user has set a parameter since latentia did."""
    written = vars(mixture).get("_written")
    return written is None or bool(written.changed(mixture))


def write_parameters(mixture: Any, parameters: Parameters) -> None:
    """Set the attributes, and take a snapshot of them."""
    p = parameters
    with serial_blas():
        precisions = p.covariance_type.precisions_of_cholesky(p.precision_cholesky)
    values = (p.weights, p.means, p.precision_cholesky, p.covariances, precisions)
    for name, value in zip(NAMES, values, strict=True):
        setattr(mixture, name, value.copy())
    mixture._written = AttributeSnapshot(parameters, precisions)


def take_snapshot(mixture: Any) -> None:
    """Treat the attributes as what latentia wrote last."""
    type_ = COVARIANCES[mixture.covariance_type]
    weights, means, precision_cholesky, covariances, precisions = (
        getattr(mixture, name).copy() for name in NAMES
    )
    parameters = Parameters(type_, weights, means, covariances, precision_cholesky)
    mixture._written = AttributeSnapshot(parameters, precisions)


def read_parameters(mixture: Any) -> Parameters:
    """Return the parameters that the attributes hold now.

    Forms of the covariances that the user did not change are updated.

    Raises
    ------
    NotFittedError
        If there are none.
    ValueError
        If an attribute is missing, invalid, or contradicts another.
    """
    check_is_fitted(mixture)
    type_ = check_covariance_type(mixture.covariance_type)
    written: AttributeSnapshot | None = vars(mixture).get("_written")
    changed = list(NAMES) if written is None else written.changed(mixture)
    present = [form for form in FORMS if _has(mixture, form)]
    complete = all(_has(mixture, attribute) for attribute in NAMES)
    same_type = (
        written is not None and written.parameters.covariance_type.name == type_.name
    )
    if written is not None and not changed and complete and same_type:
        return written.parameters
    for attribute in ("weights_", "means_"):
        if not _has(mixture, attribute):
            raise _missing(attribute, mixture)
    if not present:
        raise _missing("covariances_", mixture)
    forms = [form for form in present if form in changed]
    if written is not None and not forms and not same_type:
        raise ValueError(
            f"covariance_type must be {written.parameters.covariance_type.name!r}, "
            f"as in the fit that set covariances_, got {type_.name!r}"
        )
    with serial_blas():
        found = _checked(mixture, type_, forms, written)
        _update_attributes(mixture, found, forms)
    return found


def _missing(attribute: str, mixture: Any) -> ValueError:
    there = ", ".join(name for name in NAMES if _has(mixture, name))
    return ValueError(
        f"the mixture has no {attribute}, but {there or 'no parameters at all'}: set "
        "weights_, means_ and one of covariances_, precisions_ and "
        "precisions_cholesky_, or use GaussianMixture.from_parameters"
    )


def _checked(
    mixture: Any,
    type_: CovarianceType,
    forms: list[str],
    written: AttributeSnapshot | None,
) -> Parameters:
    """Return the parameters of the attributes; the user has set ``forms``."""
    means = _array(mixture, "means_", (-1, -1))
    k, d = means.shape
    if getattr(mixture, "n_features_in_", d) != d:
        raise ValueError(
            f"means_ must have n_features_in_={mixture.n_features_in_} features, as in "
            f"the fit, got {d}: marginal and from_parameters make mixtures of other "
            "features"
        )
    weights = np.array(check_probabilities(mixture.weights_, "weights_", k))
    shape = type_.shape(k, d)
    if written is not None and not forms:
        p = written.parameters
        if p.covariances.shape != shape:
            raise ValueError(
                f"covariances_ must have the shape {shape} with means_ of the shape "
                f"{means.shape}, got {p.covariances.shape}"
            )
        return Parameters(type_, weights, means, p.covariances, p.precision_cholesky)
    values = {form: _array(mixture, form, shape) for form in forms}
    found = {form: _FROM[form](type_, value) for form, value in values.items()}
    first, *others = forms
    covariances, precision_cholesky = found[first]
    for other in others:
        with np.errstate(all="ignore"):
            agree = type_.is_consistent(found[other][0], precision_cholesky)
        if not agree:
            raise ValueError(
                f"{first} and {other} contradict each other: set only one of them, or "
                "delete the outdated one"
            )
    if "covariances_" in found:
        covariances = found["covariances_"][0]
    parameters = Parameters(type_, weights, means, covariances, precision_cholesky)
    if not is_in_range(parameters, parameters.heaviest_mean, FLOAT64):
        raise ValueError(
            f"{first} and means_ must hold numbers whose squares are in the range of "
            "float64, got some whose are not: scale the features"
        )
    return parameters


def _array(mixture: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Return a float64 copy of the attribute, or raise."""
    return np.array(check_array(getattr(mixture, name), name, shape))


def _from_cholesky(
    type_: CovarianceType, precision_cholesky: Array
) -> tuple[Array, Array]:
    """Return Σ and P; P may be lower triangular, as NumPy's Cholesky factors are."""
    if not type_.is_cholesky(precision_cholesky) and type_.is_cholesky(
        np.swapaxes(precision_cholesky, -1, -2)
    ):
        precision_cholesky = type_.upper_cholesky(precision_cholesky)
    if not type_.is_cholesky(precision_cholesky):
        triangular = type_.name in ("full", "tied")
        rule = "triangular with a positive diagonal" if triangular else "positive"
        raise ValueError(
            f"precisions_cholesky_ must be {rule} for covariance_type="
            f"{type_.name!r}, got {precision_cholesky}"
        )
    return type_.covariances_of_cholesky(precision_cholesky), precision_cholesky


def _from_covariances(type_: CovarianceType, given: Array) -> tuple[Array, Array]:
    return given, _cholesky(type_, given, "covariances_")


def _from_precisions(type_: CovarianceType, given: Array) -> tuple[Array, Array]:
    precision_cholesky = _cholesky(type_, given, "precisions_")
    return type_.covariances_of_cholesky(precision_cholesky), precision_cholesky


_FROM = {
    "precisions_cholesky_": _from_cholesky,
    "covariances_": _from_covariances,
    "precisions_": _from_precisions,
}


def _cholesky(type_: CovarianceType, given: Array, name: str) -> Array:
    """Return P of covariances or precisions, or raise naming the attribute."""
    if not type_.is_symmetric(given):
        raise ValueError(f"{name} must be symmetric, got a matrix that is not")
    covariances = name == "covariances_"
    try:
        return (
            type_.precision_cholesky(given)
            if covariances
            else type_.cholesky_of_precisions(given)
        )
    except (np.linalg.LinAlgError, ValueError) as error:
        raise ValueError(
            f"{name} must be positive definite, got a matrix that is not ({error})"
        ) from error


def _update_attributes(mixture: Any, p: Parameters, forms: list[str]) -> None:
    """Set what differs from the parameters, and take a snapshot."""
    precisions = p.covariance_type.precisions_of_cholesky(p.precision_cholesky)
    if "precisions_" in forms:
        precisions = np.array(mixture.precisions_, dtype=np.float64)
    values = (p.weights, p.means, p.precision_cholesky, p.covariances, precisions)
    for name, value in zip(NAMES, values, strict=True):
        now = getattr(mixture, name, None)
        usable = isinstance(now, np.ndarray) and now.dtype == FLOAT64
        if not usable or not np.array_equal(np.asarray(now), value):
            setattr(mixture, name, value.copy())
    set_missing_results(mixture, p.means.shape[1])
    mixture._written = AttributeSnapshot(p, precisions)


def set_missing_results(mixture: Any, n_features: int) -> None:
    """Set the other attributes that a fit sets, where they are missing."""
    defaults = {
        "n_features_in_": n_features,
        "converged_": False,
        "n_iter_": 0,
        "lower_bound_": -np.inf,
        "lower_bounds_": [],
        "n_batches_seen_": 1,
    }
    for name, value in defaults.items():
        if not hasattr(mixture, name):
            setattr(mixture, name, value)
