"""What was spent: Gaussian differential privacy inside, (ε, δ) outside.

A sum that one row changes by at most Δ in Euclidean norm, plus Gaussian noise of
standard deviation σ in every entry, is μ-GDP with μ = Δ/σ. Sums of the same rows add up
to μ² = Σ μᵢ², whatever an earlier one decided about a later one; both statements are
exact (Dong, Roth and Su, "Gaussian differential privacy", JRSS B 84, 2022). μ-GDP is
(ε, δ)-DP for every pair with

    δ ≥ Φ(−ε/μ + μ/2) − e^ε·Φ(−ε/μ − μ/2)

(Balle and Wang, "Improving the Gaussian mechanism", ICML 2018), which the library
dp-accounting inverts. DP-SGD samples rows, which is no Gaussian mechanism any more: its
steps, and all that is added to them, go through the privacy loss distributions of that
library, whose discretisation is on the safe side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from latentia._arguments import check_real
from latentia._extras import install_hint
from latentia._html import html_table
from latentia.privacy.records import (
    AnyMechanism,
    Mechanism,
    SampledMechanism,
    mechanism_from_dict,
)

ROW = "one row added or removed"
"""The change of the data that is hidden, if nothing else is said."""


@dataclass(frozen=True)
class PrivacySpent:
    """What a release, or several releases of the same rows, cost.

    Two of the same rows add up by ``+``. For rows in disjoint groups, such as classes,
    ``parallel`` takes the most expensive one.

    Attributes
    ----------
    epsilon, delta : float
        The release is (ε, δ)-differentially private; ε is infinite without noise.
    mechanisms : tuple of Mechanism or SampledMechanism
        All looks at the rows.
    adjacency : str
        The change of the data that is hidden.
    seeded : bool
        Whether the noise came from a given seed: who knows it can remove the noise.

    References
    ----------
    J. Dong, A. Roth and W. Su, "Gaussian differential privacy", Journal of the Royal
    Statistical Society B 84 (2022).
    B. Balle and Y.-X. Wang, "Improving the Gaussian mechanism for differential
    privacy", ICML 2018.

    Examples
    --------
    >>> from latentia.privacy import Mechanism, PrivacySpent
    >>> look = Mechanism("sum of the rows", sensitivity=1.0, noise_std=4.0)
    >>> once = PrivacySpent.of([look], delta=1e-6)
    >>> round(once.epsilon, 2)
    1.06
    >>> round((once + once).epsilon, 2)  # two releases of the same rows
    1.54
    """

    epsilon: float
    delta: float
    mechanisms: tuple[AnyMechanism, ...]
    adjacency: str = ROW
    seeded: bool = False

    @classmethod
    def of(
        cls,
        mechanisms: Iterable[AnyMechanism],
        delta: float,
        *,
        adjacency: str = ROW,
        seeded: bool = False,
    ) -> Self:
        """Return the composition of mechanisms, as its ε for a δ."""
        mechanisms = tuple(mechanisms)
        epsilon = epsilon_of(mechanisms, delta)
        return cls(epsilon, delta, mechanisms, adjacency, seeded)

    @property
    def mu(self) -> float:
        """√Σ μᵢ² of the Gaussian mechanisms; infinite if others were used."""
        if any(isinstance(m, SampledMechanism) for m in self.mechanisms):
            return math.inf
        return _total_mu(self.mechanisms)

    def __add__(self, other: PrivacySpent) -> PrivacySpent:
        """Return what both cost the same rows, for the smaller δ."""
        if not isinstance(other, PrivacySpent):
            return NotImplemented
        if self.adjacency != other.adjacency:
            raise ValueError(
                f"only releases that hide the same change add up, got "
                f"{self.adjacency!r} and {other.adjacency!r}"
            )
        return type(self).of(
            self.mechanisms + other.mechanisms,
            min(self.delta, other.delta),
            adjacency=self.adjacency,
            seeded=self.seeded or other.seeded,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a form that JSON can hold; an infinite ε is null."""
        return {
            "epsilon": None if math.isinf(self.epsilon) else self.epsilon,
            "delta": self.delta,
            "mechanisms": [m.to_dict() for m in self.mechanisms],
            "adjacency": self.adjacency,
            "seeded": self.seeded,
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` described, or raise a ValueError."""
        try:
            epsilon = math.inf if found["epsilon"] is None else found["epsilon"]
            return cls(
                check_real(epsilon, "epsilon", least=0, finite=False),
                check_real(found["delta"], "delta", above=0, below=1),
                tuple(mechanism_from_dict(m) for m in found["mechanisms"]),
                str(found["adjacency"]),
                bool(found["seeded"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a record of privacy spent: {error}") from error

    def _lines(self) -> list[str]:
        """Return what was spent, and by what."""
        if math.isinf(self.epsilon):
            head = "no privacy: nothing bounds what the release tells about a row"
        else:
            head = f"ε = {self.epsilon:.4g}, δ = {self.delta:.3g} for {self.adjacency}"
        lines = [head, *map(str, self.mechanisms)]
        if self.seeded:
            lines.append("the noise came from a given seed: for tests only")
        return lines

    def _repr_html_(self) -> str:
        """Return the list for a notebook."""
        head, *rows = self._lines()
        return html_table(head, ("spent by",), [[row] for row in rows])

    def __str__(self) -> str:
        return "\n  ".join(self._lines())


def epsilon_of(mechanisms: Iterable[AnyMechanism], delta: float) -> float:
    """Return the ε of all mechanisms on the same rows, for a δ."""
    delta = check_delta(delta)
    mechanisms = tuple(mechanisms)
    sampled = [m for m in mechanisms if isinstance(m, SampledMechanism)]
    mu = _total_mu(m for m in mechanisms if isinstance(m, Mechanism))
    if math.isinf(mu) or any(m.steps and not m.noise_multiplier for m in sampled):
        return math.inf
    if not any(m.steps for m in sampled):
        return _epsilon_of_mu(mu, delta)
    events = _events()
    accountant = _pld_accountant()
    for m in sampled:
        event = events.GaussianDpEvent(m.noise_multiplier)
        if m.sample_rate < 1:
            event = events.PoissonSampledDpEvent(m.sample_rate, event)
        if m.steps:
            accountant.compose(event, m.steps)
    if mu:
        accountant.compose(events.GaussianDpEvent(1 / mu))
    return float(accountant.get_epsilon(delta))


def mu_of(epsilon: float, delta: float) -> float:
    """Return the largest μ for which μ-GDP implies (ε, δ)-DP."""
    epsilon, delta = check_epsilon(epsilon), check_delta(delta)
    if math.isinf(epsilon):
        return math.inf
    # The search ends some 1e-12 off: a hundred times that is on the safe side.
    mu = (1 - 1e-10) / float(_gaussian().get_sigma_gaussian(epsilon, delta))
    while _epsilon_of_mu(mu, delta) > epsilon:
        mu *= 1 - 1e-9
    return mu


def parallel(spent: Iterable[PrivacySpent]) -> PrivacySpent:
    """Return what releases of disjoint groups of rows cost together.

    One row is in one group, and only its release changes: the most expensive counts.

    Parameters
    ----------
    spent : iterable of PrivacySpent
        Of Gaussian mechanisms, with equal δ and adjacency.

    Returns
    -------
    PrivacySpent

    References
    ----------
    F. McSherry, "Privacy integrated queries", SIGMOD 2009.

    Examples
    --------
    >>> from latentia.privacy import Mechanism, PrivacySpent, parallel
    >>> cats = PrivacySpent.of([Mechanism("cats", 1.0, 4.0)], delta=1e-6)
    >>> dogs = PrivacySpent.of([Mechanism("dogs", 1.0, 8.0)], delta=1e-6)
    >>> parallel([cats, dogs]).epsilon == cats.epsilon
    True
    """
    spent = tuple(spent)
    if not spent:
        raise ValueError("there must be at least one release")
    if len({(s.delta, s.adjacency) for s in spent}) > 1:
        raise ValueError("the releases must have the same delta and adjacency")
    if any(isinstance(m, SampledMechanism) for s in spent for m in s.mechanisms):
        # Their curves of (ε, δ) can cross: no single one is the most expensive.
        raise ValueError("only releases of Gaussian mechanisms can be parallel")
    most = max(spent, key=lambda s: s.mu)
    seeded = any(s.seeded for s in spent)
    return PrivacySpent(
        most.epsilon, most.delta, most.mechanisms, most.adjacency, seeded
    )


def check_epsilon(epsilon: object) -> float:
    """Return an ε > 0, which can be infinite, or raise."""
    return check_real(epsilon, "epsilon", above=0, finite=False)


def check_delta(delta: object) -> float:
    """Return a δ between 0 and 1, or raise."""
    return check_real(delta, "delta", above=0, below=1)


def _total_mu(mechanisms: Iterable[AnyMechanism]) -> float:
    return math.hypot(*(m.mu for m in mechanisms if isinstance(m, Mechanism)))


def _epsilon_of_mu(mu: float, delta: float) -> float:
    if mu == 0:
        return 0.0
    return float(_gaussian().get_epsilon_gaussian(1 / mu, delta))


def _gaussian() -> Any:
    try:
        from dp_accounting import gaussian_mechanism
    except ImportError:
        raise _missing() from None
    return gaussian_mechanism


def _events() -> Any:
    try:
        from dp_accounting import dp_event
    except ImportError:
        raise _missing() from None
    return dp_event


def _pld_accountant() -> Any:
    try:
        from dp_accounting.pld import PLDAccountant
    except ImportError:
        raise _missing() from None
    return PLDAccountant()


def _missing() -> ImportError:
    return ImportError(
        f"privacy needs dp-accounting: {install_hint('privacy')}",
        name="dp_accounting",
    )
