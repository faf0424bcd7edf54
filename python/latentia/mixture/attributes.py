"""The fitted attributes of a mixture: what a fit wrote, or what somebody set since.

``covariances_``, ``precisions_`` and ``precisions_cholesky_`` say the same thing in
three ways. Those that differ from what latentia wrote last are what somebody set; they
win, and the others are brought up to date. If several were set, they have to agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_choice
from latentia._blas import serial_blas
from latentia.mixture.arguments import check_array, check_shares
from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.mixture.parameters import Parameters
from latentia.mixture.precision import DOUBLE, in_range

Array = NDArray[Any]

FORMS = ("precisions_cholesky_", "covariances_", "precisions_")
NAMES = ("weights_", "means_", *FORMS)


@dataclass(frozen=True)
class Written:
    """What latentia wrote last, in arrays of its own."""

    parameters: Parameters
    precisions: Array

    def differs(self, mixture: Any) -> list[str]:
        """Return the names of the attributes that hold something else now."""
        p = self.parameters
        ours = (p.weights, p.means, p.factor, p.covariances, self.precisions)
        return [
            name
            for name, array in zip(NAMES, ours, strict=True)
            if _has(mixture, name) and not np.array_equal(getattr(mixture, name), array)
        ]


def is_known(mixture: Any) -> bool:
    """Whether a fit, or somebody, has set a parameter."""
    return any(_has(mixture, name) for name in NAMES)


def _has(mixture: Any, name: str) -> bool:
    return getattr(mixture, name, None) is not None


def was_changed(mixture: Any) -> bool:
    """Whether somebody has set a parameter since latentia did."""
    written = vars(mixture).get("_written")
    return written is None or bool(written.differs(mixture))


def write(mixture: Any, parameters: Parameters) -> None:
    """Set the attributes, and remember them."""
    p = parameters
    with serial_blas():
        precisions = p.type.square(p.factor)
    values = (p.weights, p.means, p.factor, p.covariances, precisions)
    for name, value in zip(NAMES, values, strict=True):
        setattr(mixture, name, value.copy())
    mixture._written = Written(parameters, precisions)


def remember(mixture: Any) -> None:
    """Take the attributes for what latentia wrote last."""
    type_ = COVARIANCES[mixture.covariance_type]
    weights, means, factor, covariances, precisions = (
        getattr(mixture, name).copy() for name in NAMES
    )
    parameters = Parameters(type_, weights, means, covariances, factor)
    mixture._written = Written(parameters, precisions)


def read(mixture: Any) -> Parameters:
    """Return the mixture's parameters as its attributes have them now.

    What does not follow from a change yet is brought up to date.

    Raises
    ------
    NotFittedError
        If there are none.
    ValueError
        Naming the attribute that is missing, wrong, or at odds with another.
    """
    check_is_fitted(mixture)
    name = check_choice(mixture.covariance_type, "covariance_type", tuple(COVARIANCES))
    written: Written | None = vars(mixture).get("_written")
    changed = list(NAMES) if written is None else written.differs(mixture)
    present = [form for form in FORMS if _has(mixture, form)]
    complete = all(_has(mixture, attribute) for attribute in NAMES)
    same_type = written is not None and written.parameters.type.name == name
    if written is not None and not changed and complete and same_type:
        return written.parameters
    for attribute in ("weights_", "means_"):
        if not _has(mixture, attribute):
            raise _missing(attribute, mixture)
    if not present:
        raise _missing("covariances_", mixture)
    forms = [form for form in present if form in changed]
    if not forms and not same_type:
        raise ValueError(
            f"a mixture that was fitted with another covariance_type cannot go on with "
            f"covariance_type={name!r}"
        )
    with serial_blas():
        found = _checked(mixture, COVARIANCES[name], forms, written)
        _bring_up_to_date(mixture, found, forms)
    return found


def _missing(attribute: str, mixture: Any) -> ValueError:
    there = ", ".join(name for name in NAMES if _has(mixture, name))
    return ValueError(
        f"the mixture has no {attribute}, but {there or 'no parameters at all'}: set "
        "weights_, means_ and one of covariances_, precisions_ and "
        "precisions_cholesky_, or use GaussianMixture.from_parameters"
    )


def _checked(
    mixture: Any, type_: CovarianceType, forms: list[str], written: Written | None
) -> Parameters:
    """Return the parameters from the attributes; ``forms`` are those that were set."""
    means = _array(mixture, "means_", (-1, -1))
    k, d = means.shape
    if getattr(mixture, "n_features_in_", d) != d:
        raise ValueError(
            f"means_ has {d} features, but the mixture was fitted to "
            f"n_features_in_={mixture.n_features_in_}: marginal and from_parameters "
            "make mixtures of other features"
        )
    weights = np.array(check_shares(mixture.weights_, "weights_", k))
    shape = type_.shape(k, d)
    if written is not None and not forms:
        p = written.parameters
        if p.covariances.shape != shape:
            raise ValueError(
                f"covariances_ must have the shape {shape} beside means_ of shape "
                f"{means.shape}, got {p.covariances.shape}"
            )
        return Parameters(type_, weights, means, p.covariances, p.factor)
    values = {form: _array(mixture, form, shape) for form in forms}
    found = {form: _FROM[form](type_, value) for form, value in values.items()}
    first, *others = forms
    covariances, factor = found[first]
    for other in others:
        with np.errstate(all="ignore"):
            agree = type_.belong_together(found[other][0], factor)
        if not agree:
            raise ValueError(
                f"{first} and {other} contradict each other: set one of them alone, or "
                "delete what is out of date"
            )
    if "covariances_" in found:
        covariances = found["covariances_"][0]
    parameters = Parameters(type_, weights, means, covariances, factor)
    if not in_range(parameters, means[np.argmax(weights)], DOUBLE):
        raise ValueError(
            f"{first} or means_ hold numbers whose squares leave the range of float64: "
            "scale the features"
        )
    return parameters


def _array(mixture: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Return a float64 array of its own of the attribute, or raise."""
    return np.array(check_array(getattr(mixture, name), name, shape))


def _from_factor(type_: CovarianceType, factor: Array) -> tuple[Array, Array]:
    """Return Σ and P; P may be lower triangular, as NumPy's Cholesky factors are."""
    if not type_.is_factor(factor) and type_.is_factor(np.swapaxes(factor, -1, -2)):
        factor = type_.upper(factor)
    if not type_.is_factor(factor):
        raise ValueError(
            "precisions_cholesky_ must be triangular with a positive diagonal for "
            f"covariance_type={type_.name!r}"
            if factor.ndim > 1 and type_.name in ("full", "tied")
            else "precisions_cholesky_ must be positive"
        )
    return type_.invert(factor), factor


def _from_covariances(type_: CovarianceType, given: Array) -> tuple[Array, Array]:
    return given, _factor(type_, given, "covariances_")


def _from_precisions(type_: CovarianceType, given: Array) -> tuple[Array, Array]:
    factor = _factor(type_, given, "precisions_")
    return type_.invert(factor), factor


_FROM = {
    "precisions_cholesky_": _from_factor,
    "covariances_": _from_covariances,
    "precisions_": _from_precisions,
}


def _factor(type_: CovarianceType, given: Array, name: str) -> Array:
    """Return P of covariances or precisions, or raise naming these."""
    if not type_.is_symmetric(given):
        raise ValueError(f"{name} is not symmetric")
    covariances = name == "covariances_"
    try:
        return type_.factor(given) if covariances else type_.factor_of_precisions(given)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise ValueError(f"{name} is not positive definite ({error})") from None


def _bring_up_to_date(mixture: Any, p: Parameters, forms: list[str]) -> None:
    """Set what does not agree with the parameters yet, and remember all."""
    precisions = p.type.square(p.factor)
    if "precisions_" in forms:
        precisions = np.array(mixture.precisions_, dtype=np.float64)
    values = (p.weights, p.means, p.factor, p.covariances, precisions)
    for name, value in zip(NAMES, values, strict=True):
        now = getattr(mixture, name, None)
        kept = isinstance(now, np.ndarray) and now.dtype == DOUBLE
        if not kept or not np.array_equal(np.asarray(now), value):
            setattr(mixture, name, value.copy())
    set_defaults(mixture, p.means.shape[1])
    mixture._written = Written(p, precisions)


def set_defaults(mixture: Any, n_features: int) -> None:
    """Set what a fit would have found besides the parameters."""
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
