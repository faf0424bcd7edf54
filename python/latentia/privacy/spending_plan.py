"""The constants of a private training: its noise, and the steps that it may take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Self

from latentia._arguments import check_count, check_real
from latentia.privacy.accounting import (
    PrivacySpent,
    check_delta,
    epsilon_of,
    mu_of,
)
from latentia.privacy.dp_sgd import DPSGD, BudgetExceededError
from latentia.privacy.records import Mechanism, SampledMechanism

PRIOR_SHARE = 0.2
"""Share of ε for the Gaussian of an RAE's codes."""

SLACK = 0.99
"""Share of the budget that the noise must use up at least, to end its search."""

IMAGE = "one image added or removed"
_LOOK = "moments of an RAE's codes, in units of what one image changes"
_LOOKS = ("", " with the look at the codes", " with all looks at the codes")


@dataclass(frozen=True)
class SpendingPlan:
    """The constants of a private training, all public.

    Attributes
    ----------
    epsilon, delta, clip_norm
        As of `DPSGD`.
    n_images : int
        The public number of images.
    noise_multiplier : float
        σ: standard deviation of the noise over ``clip_norm``.
    sample_rate : float
        q: probability with which a step takes an image.
    divisor : int
        B: what sums of gradients are divided by, the expected number of images.
    n_steps : int
        Steps that the budget allows.
    seed : int or None
    earlier : PrivacySpent or None
        What weights that the training starts from, or earlier fits, have spent.
    name : str
        What is trained.
    prior_mu : float, default=0.0
        μ of a look at the codes when the training has ended; 0 for models without.
    n_looks : int, default=0
        Such looks, counted when the last step is taken. A training that is resumed
        after its end looks once more.
    """

    epsilon: float
    delta: float
    clip_norm: float
    n_images: int
    noise_multiplier: float
    sample_rate: float
    divisor: int
    n_steps: int
    seed: int | None
    earlier: PrivacySpent | None
    name: str
    prior_mu: float = 0.0
    n_looks: int = 0

    @classmethod
    def of(
        cls,
        privacy: DPSGD,
        *,
        n_images: int,
        batch_size: int,
        n_steps: int,
        earlier: PrivacySpent | None,
        name: str,
        has_prior: bool = False,
    ) -> Self:
        """Return the plan with the least noise that n_steps steps can have."""
        rate = min(1.0, batch_size / n_images)
        epsilon, delta = float(privacy.epsilon), float(privacy.delta)
        mu = mu_of(PRIOR_SHARE * epsilon, delta) if has_prior else 0.0
        return cls(
            epsilon,
            delta,
            float(privacy.clip_norm),
            n_images,
            noise_for(epsilon, delta, rate, n_steps, mu),
            rate,
            batch_size,
            n_steps,
            privacy.random_state,
            earlier,
            name,
            mu,
            int(has_prior),
        )

    def spent(self, steps: int) -> PrivacySpent:
        """Return what so many steps cost, and what was spent before."""
        mechanism = SampledMechanism(
            self.name, self.noise_multiplier, self.sample_rate, steps, self.clip_norm
        )
        n_looks = self.n_looks if self.has_ended(steps) else max(self.n_looks - 1, 0)
        look = [Mechanism(_LOOK, 1.0, 1 / self.prior_mu)] if n_looks else []
        own = PrivacySpent(
            self._cost(steps, n_looks),
            self.delta,
            (mechanism, *look * n_looks),
            IMAGE,
            self.seed is not None,
        )
        return own if self.earlier is None else self.earlier + own

    def has_ended(self, steps: int) -> bool:
        """Tell whether so many steps are all."""
        return steps >= self.n_steps

    def check(self, step: int) -> None:
        """Raise before a step that the budget does not allow."""
        if self.has_ended(step):
            raise BudgetExceededError(
                f"the budget of epsilon={self.epsilon:g} allows {self.n_steps:,} "
                "steps, which were taken: no further step is"
            )

    def extended(self, privacy: DPSGD, n_steps: int, taken: int) -> SpendingPlan:
        """Return the plan of a resumed training, or raise if it costs too much.

        Parameters
        ----------
        privacy : DPSGD
        n_steps : int
            Steps in all.
        taken : int
            Steps that were taken.
        """
        for what in ("delta", "clip_norm", "random_state", "n_images"):
            ours = getattr(privacy, what)
            theirs = getattr(self, "seed" if what == "random_state" else what)
            if ours != theirs and not (what == "n_images" and ours is None):
                raise ValueError(
                    f"resume: the training began with privacy {what}={theirs!r}, not "
                    f"{ours!r}"
                )
        n_looks = self.n_looks + int(self.n_looks > 0 and self.has_ended(taken))
        cost = self._cost(n_steps, n_looks)
        if cost > privacy.epsilon:
            raise BudgetExceededError(
                f"resume: {n_steps:,} steps with the noise of this training cost "
                f"epsilon={cost:.4g}{_LOOKS[min(n_looks, 2)]}, the budget is "
                f"{privacy.epsilon:g}: give fewer epochs, or the budget that you accept"
            )
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {"epsilon": float(privacy.epsilon), "n_steps": n_steps}
        return SpendingPlan(**values | {"n_looks": n_looks})

    def _cost(self, steps: int, n_looks: int) -> float:
        return _epsilon(
            self.noise_multiplier,
            self.sample_rate,
            steps,
            self.delta,
            self.prior_mu * math.sqrt(n_looks),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        earlier = None if self.earlier is None else self.earlier.to_dict()
        return asdict(self) | {"earlier": earlier}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` described, or raise a ValueError."""
        try:
            earlier = found["earlier"]
            before = None if earlier is None else PrivacySpent.from_dict(earlier)
            plan = cls(**dict(found) | {"earlier": before})
            for name in ("epsilon", "clip_norm", "noise_multiplier", "sample_rate"):
                check_real(getattr(plan, name), name, above=0)
            for name in ("n_images", "divisor", "n_steps"):
                check_count(getattr(plan, name), name, least=1)
            check_delta(plan.delta)
            check_real(plan.prior_mu, "prior_mu", least=0)
            check_count(plan.n_looks, "n_looks", least=0)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a plan of private steps: {error}") from error
        return plan


@lru_cache(maxsize=256)
def noise_for(
    epsilon: float, delta: float, rate: float, n_steps: int, mu: float = 0.0
) -> float:
    """Return a σ with which n_steps steps cost at most ε, and at least 0.99 ε.

    With them comes a Gaussian mechanism of μ.

    log ε is nearly linear in log σ: the search follows the secant within a bracket, as
    each cost takes a second.
    """
    goal = math.log(epsilon * (1 + SLACK) / 2)

    def excess(x: float) -> float:
        cost = _epsilon(math.exp(x), rate, n_steps, delta, mu)
        return math.log(max(cost, 1e-12)) - goal

    low, high = math.log(0.5), math.log(2.0)
    at_low, at_high = excess(low), excess(high)
    while at_low < 0:
        high, at_high = low, at_low
        low -= 1.0
        at_low = excess(low)
    while at_high > 0:
        low, at_low = high, at_high
        high += 1.0
        at_high = excess(high)
    for _ in range(60):
        share = at_low / (at_low - at_high)
        x = low + min(max(share, 0.02), 0.98) * (high - low)
        value = excess(x)
        if SLACK * epsilon <= math.exp(value + goal) <= epsilon:
            return math.exp(x)
        if value > 0:
            low, at_low = x, value
        else:
            high, at_high = x, value
    return math.exp(high)  # costs less than ε


@lru_cache(maxsize=1024)
def _epsilon(sigma: float, rate: float, n_steps: int, delta: float, mu: float) -> float:
    steps = SampledMechanism("steps", sigma, rate, n_steps, 1.0)
    look = [Mechanism("look", mu, 1.0)] if mu else []
    return epsilon_of([steps, *look], delta)
