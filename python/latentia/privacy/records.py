"""The looks at private rows, as they are written to files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latentia._arguments import check_count, check_real


@dataclass(frozen=True)
class Mechanism:
    """A noisy sum over rows.

    Attributes
    ----------
    name : str
        What was summed.
    sensitivity : float
        Most that one row more or less changes the sum, in Euclidean norm.
    noise_std : float
        Standard deviation of the noise in every entry; 0 if there was none.

    Examples
    --------
    >>> from latentia.privacy import Mechanism
    >>> look = Mechanism("sum of the rows", sensitivity=1.0, noise_std=4.0)
    >>> look.mu
    0.25
    """

    name: str
    sensitivity: float
    noise_std: float

    def __post_init__(self) -> None:
        check_real(self.sensitivity, "sensitivity", above=0)
        check_real(self.noise_std, "noise_std", least=0)

    @property
    def mu(self) -> float:
        """The μ of Gaussian differential privacy; infinite without noise."""
        return self.sensitivity / self.noise_std if self.noise_std else math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        return {
            "kind": "gaussian",
            "name": self.name,
            "sensitivity": self.sensitivity,
            "noise_std": self.noise_std,
        }

    def __str__(self) -> str:
        if not self.noise_std:
            return f"{self.name}: without noise"
        return (
            f"{self.name}: one row changes it by at most {self.sensitivity:.4g}, noise "
            f"of standard deviation {self.noise_std:.4g} (μ = {self.mu:.3g})"
        )


@dataclass(frozen=True)
class SampledMechanism:
    """Noisy sums over random rows, step after step, as in DP-SGD.

    Attributes
    ----------
    name : str
        What was trained.
    noise_multiplier : float
        Standard deviation of a step's noise, divided by ``clip_norm``.
    sample_rate : float
        Probability with which a step takes a row, each row by itself (Poisson).
    steps : int
    clip_norm : float
        Largest norm of the gradient of a row.

    Examples
    --------
    >>> from latentia.privacy import PrivacySpent, SampledMechanism
    >>> steps = SampledMechanism(
    ...     "DP-SGD", noise_multiplier=4.0, sample_rate=0.01, steps=100, clip_norm=1.0
    ... )
    >>> PrivacySpent.of([steps], delta=1e-6).epsilon < 1
    True
    """

    name: str
    noise_multiplier: float
    sample_rate: float
    steps: int
    clip_norm: float

    def __post_init__(self) -> None:
        check_real(self.noise_multiplier, "noise_multiplier", least=0)
        check_real(self.sample_rate, "sample_rate", above=0, most=1)
        check_count(self.steps, "steps", least=0)
        check_real(self.clip_norm, "clip_norm", above=0)

    def to_dict(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        return {
            "kind": "sampled",
            "name": self.name,
            "noise_multiplier": self.noise_multiplier,
            "sample_rate": self.sample_rate,
            "steps": self.steps,
            "clip_norm": self.clip_norm,
        }

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.steps:,} steps, each takes a row with probability "
            f"{self.sample_rate:.4g}; gradients of norm at most {self.clip_norm:.4g}, "
            f"noise {self.noise_multiplier:.4g} times that"
        )


AnyMechanism = Mechanism | SampledMechanism


def mechanism_from_dict(found: Mapping[str, Any]) -> AnyMechanism:
    """Return what ``to_dict`` of a mechanism described."""
    kinds = {"gaussian": Mechanism, "sampled": SampledMechanism}
    values = dict(found)
    kind = values.pop("kind")
    if kind not in kinds:
        raise ValueError(f"there is no mechanism {kind!r}")
    made: AnyMechanism = kinds[kind](**values)
    return made
