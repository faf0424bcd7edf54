"""What the models train on, and what a training leaves behind.

The environment variable ``LATENTIA_BENCH_CACHE`` names a folder that keeps it for a
suite that was cut short; without it nothing is kept.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from latentia import datasets
from latentia._files import replacing
from latentia.benchmarks import machine
from latentia.benchmarks.files import replace_text
from latentia.benchmarks.results import Size
from latentia.datasets import LabelledImages

CACHE_VARIABLE = "LATENTIA_BENCH_CACHE"
SECONDS: dict[Size, float] = {"small": 20, "full": 600}
"""How long each model trains."""

SEED, SAMPLE_SEED = 0, 1

_N_TEST_DIGITS = 500

T = TypeVar("T")
Images = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pictures:
    """A named set, whose test part no model sees."""

    name: str
    train: LabelledImages
    test: LabelledImages

    @property
    def n_classes(self) -> int:
        """Number of kinds."""
        return len(self.train.classes)

    @property
    def n_generated(self) -> int:
        """As many as there are to compare with."""
        return len(self.test.images)

    def labels_in_turn(self) -> NDArray[np.int64]:
        """Return the class that each generated image is asked to be of."""
        return np.arange(self.n_generated) % self.n_classes


def load_pictures(size: Size) -> Pictures:
    """Load Fashion-MNIST, or the digits for the small size.

    It raises FileNotFoundError if Fashion-MNIST is not on this machine.
    """
    if size == "full":
        test = datasets.load_fashion_mnist(split="test")
        return Pictures("Fashion-MNIST", datasets.load_fashion_mnist(), test)
    digits = datasets.load_digits()
    train, test = (
        LabelledImages(digits.images[rows], digits.labels[rows], digits.classes)
        for rows in (slice(None, -_N_TEST_DIGITS), slice(-_N_TEST_DIGITS, None))
    )
    return Pictures("digits", train, test)


@dataclass(frozen=True, slots=True)
class Keeper(Generic[T]):
    """How a kind of result is written next to a stem, and read again.

    ``save`` returns the facts that go into the JSON file; ``load`` gets them back.
    """

    save: Callable[[T, Path], dict[str, Any]]
    load: Callable[[Path, dict[str, Any]], T]


@dataclass(slots=True)
class Trainings:
    """Results by name: each training runs once, in this process or an earlier one.

    Those of another machine, of other versions or of another length are run again.
    """

    folder: Path | None
    _known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> "Trainings":
        """Keep results where ``LATENTIA_BENCH_CACHE`` says."""
        folder = os.environ.get(CACHE_VARIABLE)
        return cls(Path(folder) if folder else None)

    def get(
        self, name: str, run: Callable[[], T], keeper: Keeper[T], *, limit: float
    ) -> T:
        """Return the result of this name, after running it if need be.

        ``limit`` are the seconds that the training takes.
        """
        if name not in self._known:
            key = {"machine": machine.describe().line(), "limit": limit}
            kept = self._read(name, keeper, key)
            self._known[name] = kept or run()
            if kept is None:
                self._write(name, keeper, key)
        found: T = self._known[name]
        return found

    def _read(self, name: str, keeper: Keeper[T], key: dict[str, Any]) -> T | None:
        if self.folder is None:
            return None
        stem = self._stem(name)
        facts_file = stem.with_suffix(".json")
        if not facts_file.exists():
            return None
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
        return keeper.load(stem, facts) if facts.pop("key") == key else None

    def _write(self, name: str, keeper: Keeper[T], key: dict[str, Any]) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        facts_file = self._stem(name).with_suffix(".json")
        facts_file.unlink(missing_ok=True)
        facts = keeper.save(self._known[name], self._stem(name))
        # The facts come last: where they are, the rest is whole.
        replace_text(facts_file, json.dumps({**facts, "key": key}, indent=2) + "\n")

    def _stem(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / name.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one training gives to judge.

    ``samples`` are images (n, H, W) by the method that made them, as a model may have
    several priors; ``elbo`` is in nats an image, where there is one.
    """

    seconds: float
    n_images: int
    samples: dict[str, Images] = field(compare=False)
    elbo: float | None = None


def _save_outcome(outcome: Outcome, stem: Path) -> dict[str, Any]:
    samples_file = stem.with_suffix(".npz")
    with replacing(samples_file) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **outcome.samples)
    return {name: getattr(outcome, name) for name in ("seconds", "n_images", "elbo")}


def _load_outcome(stem: Path, facts: dict[str, Any]) -> Outcome:
    with np.load(stem.with_suffix(".npz"), allow_pickle=False) as samples:
        return Outcome(samples=dict(samples), **facts)


OUTCOMES = Keeper(_save_outcome, _load_outcome)
