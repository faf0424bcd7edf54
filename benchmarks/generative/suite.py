"""The generation suite: which model makes the better images after the same minutes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from io import BytesIO
from typing import NamedTuple

from latentia.benchmarks.generative.contestants import (
    CONTESTANTS,
    EXAMPLE,
    ONE_GAUSSIAN,
)
from latentia.benchmarks.generative.judging import (
    ACCURACY,
    COVERAGE,
    ELBO,
    FRECHET,
    Judge,
)
from latentia.benchmarks.generative.throughput import RACES, training_rates
from latentia.benchmarks.generative.trainings import (
    OUTCOMES,
    SECONDS,
    SEED,
    Images,
    Outcome,
    Pictures,
    Trainings,
    load_pictures,
)
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import Found, Step, limits_step
from latentia.datasets.image_grid import image_grid
from latentia.evaluation.features.classifier import ClassifierFeatures

_GRID_ROWS = 8

_DIFFERENCES = {ACCURACY: (100, "points"), ELBO: (1, "nats")}
"""Measures that are subtracted, times what and in which unit; others are divided."""


class Comparison(NamedTuple):
    """A measure of latentia's next to that of another method, and its target."""

    measure: str
    other: str
    target: Target


class Case(NamedTuple):
    """Contestants that train one after another, each for the same time.

    Those that know classes are asked for them in turn.
    """

    name: str
    contestants: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    knows_classes: bool = False


_OF_CLASSES = (
    Comparison(FRECHET, EXAMPLE, Target("≤", 1 / 3)),
    Comparison(COVERAGE, EXAMPLE, Target("≥", 1.5)),
    Comparison(ACCURACY, EXAMPLE, Target("≥", 8)),
)
"""Of images that are asked to be of a class."""

CASES = (
    Case(
        "conditional GAN",
        ("conditional GAN", "conditional DCGAN example"),
        _OF_CLASSES,
        knows_classes=True,
    ),
    Case(
        "RAE",
        ("RAE", "MLP VAE example"),
        (
            Comparison(FRECHET, EXAMPLE, Target("≤", 0.4)),
            Comparison(FRECHET, ONE_GAUSSIAN, Target("≤", 0.55)),
        ),
    ),
    Case(
        "RAE, a class each",
        ("RAE, a class each", "conditional DCGAN example"),
        _OF_CLASSES,
        knows_classes=True,
    ),
    Case(
        "VAE",
        ("VAE", "MLP VAE example"),
        (
            Comparison(FRECHET, EXAMPLE, Target("≤", 1)),
            Comparison(ELBO, EXAMPLE, Target("≥", 0)),
        ),
    ),
)


def compare(
    case: str,
    comparisons: Iterable[Comparison],
    size: Size,
    measures: Mapping[str, Measures],
) -> Measures:
    """Set latentia's measures in relation to those of other methods.

    The small size has no targets: its times are too short for any. There is no ratio to
    0, which is a coverage after very few steps.
    """
    found = {}
    for measure, other, target in comparisons:
        ours, theirs = (measures[who][measure].value for who in (LATENTIA, other))
        if measure in _DIFFERENCES:
            factor, unit = _DIFFERENCES[measure]
            relation, value = "above", factor * (ours - theirs)
        elif theirs:
            relation, value, unit = "over", ours / theirs, "×"
        else:
            continue
        name = f"{case}: {measure} {relation} that of {other}"
        found[name] = Quantity(value, unit, target if size == "full" else None)
    return found


def steps(size: Size) -> Iterator[Step]:
    """List the cases, and what is measured next to them."""
    contest = Contest(size, Trainings.from_environment())
    for case in CASES:
        names = " and ".join(case.contestants)
        yield Step(f"{names}, {SECONDS[size]:g} s each", partial(contest.run, case))
    yield limits_step("real images against real ones", contest.floor)
    for race in RACES:
        measure = partial(training_rates, size, race)
        yield limits_step(f"{race} training", measure)


@dataclass
class Contest:
    """Trains contestants, or remembers their outcomes, and judges what they made."""

    size: Size
    trainings: Trainings

    @cached_property
    def pictures(self) -> Pictures:
        """What all of them train on."""
        return load_pictures(self.size)

    @cached_property
    def classifier(self) -> ClassifierFeatures:
        """Trained once, on the pictures that the contestants see."""
        folder, train = self.trainings.folder, self.pictures.train
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
        return self.trainings.get(
            f"{self.pictures.name} {contestant}",
            partial(train, self.pictures, seconds, self.trainings),
            OUTCOMES,
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
                columns = self.pictures.n_classes
                shown = images[: _GRID_ROWS * columns]
                found.pictures[name] = grid_png(shown, columns)
        judged = {result.method: result.measures for result in found.methods}
        found.limits.update(compare(case.name, case.comparisons, self.size, judged))
        return found

    def floor(self) -> Measures:
        """Score real images: the best that can be asked for."""
        space = self.classifier.name
        return {
            f"real images in the features of {space}: {name}": quantity
            for name, quantity in self.judge.floor().items()
        }

    def _measures(self, case: Case, outcome: Outcome, images: Images) -> Measures:
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
    return re.sub(r"[^a-z0-9]+", "-", f"{contestant}{variant}".lower())


def grid_png(images: Images, columns: int) -> bytes:
    """Return images as a PNG file; each column is a class if they know classes."""
    from PIL import Image

    content = BytesIO()
    page = image_grid(images, columns)
    Image.fromarray(page).save(content, format="PNG", optimize=True)
    return content.getvalue()
