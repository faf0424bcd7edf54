"""The generation suite: who makes the better images after the same minutes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from latentia.benchmarks.generative.cases import CASES, SECONDS, Case, compare
from latentia.benchmarks.generative.contestants import CONTESTANTS, EXAMPLE, SEED
from latentia.benchmarks.generative.judging import ELBO, FRECHET, Judge
from latentia.benchmarks.generative.outcomes import Outcome, Outcomes
from latentia.benchmarks.generative.pictures import Pictures, load_pictures
from latentia.benchmarks.generative.throughput import training_rates
from latentia.benchmarks.generative.toys.limits import mode_limits
from latentia.benchmarks.results import (
    LATENTIA,
    MethodResult,
    Quantity,
    Results,
    Size,
)
from latentia.benchmarks.runner import Found, Progress, Step, limits_step, run_suite
from latentia.datasets.images import require_pillow
from latentia.datasets.sheets import sheet
from latentia.evaluation.features.classifier import ClassifierFeatures

_SHEET_ROWS = 8


def run_generation_suite(size: Size, *, progress: Progress) -> Results:
    """Run the suite: see :func:`latentia.benchmarks.generative.run_generation`."""
    require_pillow()
    return run_suite(
        "generation",
        _steps,
        size,
        quality=FRECHET,
        baseline=EXAMPLE,
        progress=progress,
    )


def _steps(size: Size) -> Iterator[Step]:
    contest = Contest(size, Outcomes.from_environment())
    for case in CASES:
        names = " and ".join(case.contestants)
        yield Step(f"{names}, {SECONDS[size]:g} s each", partial(contest.run, case))
    yield limits_step("real images against real ones", contest.floor)
    yield limits_step("training of a DCGAN", partial(training_rates, size))
    yield limits_step("modes of toys", partial(mode_limits, size))


@dataclass
class Contest:
    """Trains contestants, or remembers their outcomes, and judges what they made."""

    size: Size
    outcomes: Outcomes

    @cached_property
    def pictures(self) -> Pictures:
        """What all of them train on."""
        return load_pictures(self.size)

    @cached_property
    def classifier(self) -> ClassifierFeatures:
        """Trained once, on the pictures that the contestants see."""
        folder, train = self.outcomes.folder, self.pictures.train
        path = folder and folder / f"{self.pictures.name}-classifier.safetensors"
        if path is not None and path.exists():
            return ClassifierFeatures.load(path)
        trained = ClassifierFeatures.train(
            train.images, train.labels, random_state=SEED
        )
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            trained.save(path)
        return trained

    @cached_property
    def judge(self) -> Judge:
        """The judge of all, in the space of the classifier."""
        return Judge(self.pictures, self.classifier)

    def outcome(self, contestant: str) -> Outcome:
        """Return what a contestant made, after training it if that is not known."""
        train, seconds = CONTESTANTS[contestant], SECONDS[self.size]
        return self.outcomes.get(
            f"{self.pictures.name} {contestant}",
            partial(train, self.pictures, seconds),
            limit=seconds,
        )

    def run(self, case: Case) -> Found:
        """Train the contestants of a case in turn, then judge them all."""
        outcomes = {name: self.outcome(name) for name in case.contestants}
        found = Found()
        for contestant, outcome in outcomes.items():
            for method, images in outcome.samples.items():
                measures = self._measures(case, outcome, images)
                times = (outcome.seconds,)
                found.methods.append(MethodResult(case.name, method, times, measures))
                name = _file_name(contestant, method)
                found.pictures[name] = _sheet(images, self.pictures.n_classes)
        judged = {result.method: result.measures for result in found.methods}
        found.limits.update(compare(case, self.size, judged))
        return found

    def floor(self) -> dict[str, Quantity]:
        """Score real images: the best that can be asked for."""
        space = self.classifier.name
        return {
            f"real images in the features of {space}: {name}": quantity
            for name, quantity in self.judge.floor().items()
        }

    def _measures(
        self, case: Case, outcome: Outcome, images: NDArray[np.uint8]
    ) -> dict[str, Quantity]:
        labels = self.pictures.labels_in_turn() if case.knows_classes else None
        rate = outcome.n_images / outcome.seconds
        elbo = {} if outcome.elbo is None else {ELBO: Quantity(outcome.elbo, "nats")}
        return {
            "images seen": Quantity(outcome.n_images, "images"),
            "training": Quantity(rate, "images/s"),
            **self.judge.measures(images, labels),
            **elbo,
        }


def _file_name(contestant: str, method: str) -> str:
    variant = method.removeprefix(LATENTIA).removeprefix(EXAMPLE)
    return re.sub(r"[^a-z]+", "-", f"{contestant}{variant}".lower())


def _sheet(images: NDArray[np.uint8], columns: int) -> bytes:
    """Return the first images as a PNG file, a column a class if they know classes."""
    from PIL import Image

    content = BytesIO()
    page = sheet(images[: _SHEET_ROWS * columns], columns)
    Image.fromarray(page).save(content, format="PNG", optimize=True)
    return content.getvalue()
