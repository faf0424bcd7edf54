"""How long a training lasts, and where it stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any

from latentia._arguments import check_count, check_real

EPOCHS, LEAST_STEPS, MOST_STEPS = 20, 2000, 20_000
"""Length of a training for which none is given: that many epochs, within these bounds.
Otherwise a hundred images would give fifteen steps, after which samples are noise."""

PATIENCE = 0.3
"""Share of such a training after which it ends if no score was better."""


@dataclass(frozen=True)
class Budget:
    """Epochs or minutes, or neither: then the length depends on the data."""

    epochs: int | None
    minutes: float | None

    @classmethod
    def of(cls, epochs: object, minutes: object) -> Budget:
        """Check the arguments of ``fit``."""
        if epochs is not None and minutes is not None:
            raise ValueError("give epochs or minutes, not both")
        if epochs is None and minutes is None:
            return cls(None, None)
        if minutes is None:
            return cls(check_count(epochs, "epochs", least=1), None)
        return cls(None, check_real(minutes, "minutes", above=0))

    @property
    def automatic(self) -> bool:
        """Whether no length was given; the training may then stop early."""
        return self.epochs is None and self.minutes is None


@dataclass(frozen=True)
class Plan:
    """The constants of a training.

    Attributes
    ----------
    n : int
        Training images.
    half_life : float
        Half-life of the moving average, in images.
    n_before : int
        Images on which the initial weights were trained.
    balanced : bool
        Whether classes are seen equally often.
    """

    budget: Budget
    n: int
    batch_size: int
    learning_rate: float
    half_life: float
    seed: int
    n_before: int = 0
    balanced: bool = False

    @property
    def n_steps(self) -> int | None:
        """Steps in all, if known."""
        if self.budget.minutes is not None:
            return None
        epochs = EPOCHS if self.budget.epochs is None else self.budget.epochs
        steps = ceil(epochs * self.n / self.batch_size)
        if self.budget.automatic:
            steps = min(max(steps, LEAST_STEPS), MOST_STEPS)
        return steps

    def progress(self, step: int, seconds: float) -> float:
        """Return the share of the training that lies behind."""
        if self.n_steps is not None:
            return min(1.0, step / self.n_steps)
        assert self.budget.minutes is not None
        return min(1.0, seconds / (60 * self.budget.minutes))

    def gives_up(self, step: int, since: int) -> bool:
        """Tell whether a training without a length went on in vain for long enough."""
        if not self.budget.automatic:
            return False
        assert self.n_steps is not None
        return step - since > PATIENCE * self.n_steps

    def epoch(self, step: int) -> int:
        """Return the number of whole epochs after so many steps."""
        return step * self.batch_size // self.n


@dataclass
class State:
    """What changes besides the tensors; a checkpoint holds it as JSON.

    Attributes
    ----------
    step : int
        Steps taken.
    seconds : float
        Spent so far, interruptions not counted.
    stage_step : int
        The step at which the stage began.
    attempt : int
        How often the training was rolled back.
    best_score : float or None
        The lowest so far, at step ``best_step``.
    best_skill : float or None
        The best score on the scale where one average image has 0 and the best 1.
    sample_skill : float or None
        The same scale for samples at the end, for models whose score is of
        reconstructions.
    history : list of dict
        The rows of ``metrics.jsonl``.
    """

    step: int = 0
    seconds: float = 0.0
    stage_step: int = 0
    attempt: int = 0
    best_score: float | None = None
    best_step: int = 0
    best_skill: float | None = None
    sample_skill: float | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)
