"""The latent suite: priors, what they cost, and directions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from latentia.benchmarks.generative.cases import SECONDS
from latentia.benchmarks.generative.judging import FRECHET
from latentia.benchmarks.generative.outcomes import Outcomes
from latentia.benchmarks.generative.suite import Contest
from latentia.benchmarks.latent.directions import direction_effects
from latentia.benchmarks.latent.fitting import fit_costs
from latentia.benchmarks.latent.models import MODELS, Models
from latentia.benchmarks.latent.priors import (
    CASES,
    ONE_GAUSSIAN,
    Case,
    compare_priors,
    pca,
)
from latentia.benchmarks.results import Quantity, Results, Size
from latentia.benchmarks.runner import Found, Progress, Step, limits_step, run_suite
from latentia.datasets.images import require_pillow


def run_latent_suite(size: Size, *, progress: Progress) -> Results:
    """Run the suite: see :func:`latentia.benchmarks.latent.run_latent`."""
    require_pillow()
    return run_suite(
        "latent",
        _steps,
        size,
        quality=FRECHET,
        baseline=ONE_GAUSSIAN,
        progress=progress,
    )


def _steps(size: Size) -> Iterator[Step]:
    studio = Studio(size)
    for case in CASES:
        yield Step(f"priors of {case.name}", partial(studio.priors, case))
    yield limits_step("real images against real ones", studio.contest.floor)
    yield limits_step("what a mixture costs", studio.costs)
    for name in MODELS:
        yield limits_step(f"directions of a {name}", partial(studio.directions, name))


@dataclass
class Studio:
    """The models of all cases, each trained when it is asked for."""

    size: Size
    contest: Contest = field(init=False)

    def __post_init__(self) -> None:
        """Judge as the generation suite does."""
        self.contest = Contest(self.size, Outcomes.from_environment())

    @cached_property
    def models(self) -> Models:
        """The networks."""
        folder = self.contest.outcomes.folder
        return Models(folder, self.contest.pictures, SECONDS[self.size])

    def priors(self, case: Case) -> Found:
        """Compare the priors of a case."""
        pictures, judge = self.contest.pictures, self.contest.judge
        model: Any = (
            pca(pictures) if case.model == "PCA" else self.models.get(case.model).model
        )
        methods, ratios = compare_priors(case, model, pictures, judge, self.size)
        return Found(methods, ratios)

    def costs(self) -> dict[str, Quantity]:
        """Time the mixture of an RAE."""
        return fit_costs(self.size, self.contest.pictures, self.models.get("RAE"))

    def directions(self, name: str) -> dict[str, Quantity]:
        """Measure the directions of a model."""
        return direction_effects(self.size, name, self.models.get(name).model)
