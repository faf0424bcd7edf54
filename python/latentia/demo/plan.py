"""How much the demo does: everything, or what a minute and a half allows.

The costs of the sections were measured on one machine. A short measurement says how
much slower another one is, and so how many images fit into the time. The networks are
trained in the time that the other sections leave.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Clock = Callable[[], float]

QUICK_SECONDS = 62.0
"""Seconds of the quick version after its libraries are imported."""

TRAINING_SECONDS = 22.0
"""Seconds for the training of networks that the choice of images leaves."""

SHORTEST_TRAINING, LONGEST_TRAINING = 14.0, 35.0
TIMED_SECONDS = 3.0
"""After so many seconds the quick version begins no new round of runs of SVD or PCA."""

MOST_IMAGES = 60_000
"""All of Fashion-MNIST."""

LEAST_IMAGES = 4_000
N_TIMED = 4_000
"""Rows of the matrix that methods are timed on in the quick version; fewer where the
kernels, and so the peers, are slow."""


class Cost(NamedTuple):
    """Seconds of a section: those of any data, and those of 60,000 images more."""

    fixed: float
    images: float


# On two cores of an AMD EPYC at level v3, without the training of the networks.
COSTS = {
    "timings": Cost(5.2, 0),
    "spectrum": Cost(0.2, 0.6),
    "eigen_images": Cost(0.5, 0.5),
    "parts": Cost(0.4, 2.9),
    "photo": Cost(2.2, 0),
    "reconstruction": Cost(0.5, 1.0),
    "mixture": Cost(0.6, 9.2),
    "generation": Cost(6.5, 6.5),
    "prior": Cost(4.0, 0),
    "directions": Cost(5.5, 0),
    "topics": Cost(1.3, 0),
    "ratings": Cost(0.9, 0),
    "interactions": Cost(2.1, 0),
}
FULL = {"timings": 75.0, "prior": 11.0, "directions": 32.0}
"""Seconds of sections whose full version is another. The first has exact decompositions
in NumPy."""

FULL_TRAINING = 82.0
OTHER = Cost(1.0, 0)

OPTIONAL = ("prior", "directions")
"""Sections that are left out if the time is over, as on a machine that others use."""

GRACE = 8.0


@dataclass(frozen=True)
class Slowness:
    """How many times longer than on the machine of the costs work takes here."""

    python: float = 1.0
    kernels: float = 1.0

    @classmethod
    def measure(cls, clock: Clock = time.perf_counter) -> Slowness:
        """Measure for a fraction of a second, and keep the shortest of a few runs."""
        from latentia import PCA

        rows = np.random.default_rng(0).random((4000, 784), dtype=np.float32)
        python = min(_time(_count, clock) for _ in range(3))
        PCA(16, random_state=0).fit(rows[:100])
        kernels = min(
            _time(lambda: PCA(16, random_state=0).fit(rows), clock) for _ in range(3)
        )
        return cls(_limited(python / 0.014), _limited(kernels / 0.063))


def _limited(slowness: float) -> float:
    """Return what a plan can rely on: a factor beyond 4 means that others compute."""
    return min(max(slowness, 0.5), 4.0)


def _count() -> None:
    counts: dict[str, int] = {}
    for number in range(100_000):
        word = str(number % 1000)
        counts[word] = counts.get(word, 0) + number


def _time(function: Callable[[], object], clock: Clock) -> float:
    start = clock()
    function()
    return clock() - start


@dataclass(frozen=True, eq=False)
class Plan:
    """What the sections do, and how long each is expected to take.

    Attributes
    ----------
    n_images : int or None
        Images of the largest collection; None for all.
    n_timed : int or None
        Rows of the matrix that methods are timed on.
    expected : dict of str to float
        Seconds of each section, without the training of the networks.
    training : float
        Seconds of the training of the networks, as far as it is known beforehand.
    end : float or None
        When the clock says so all should be done; None if it does not matter.
    full_seconds : float
        What the full version is expected to take.
    clock : callable
    """

    n_images: int | None
    n_timed: int | None
    expected: dict[str, float]
    training: float
    end: float | None = None
    full_seconds: float = 0.0
    clock: Clock = time.perf_counter

    @classmethod
    def full(
        cls, slowness: Slowness | None = None, *, clock: Clock = time.perf_counter
    ) -> Plan:
        """Use all images."""
        expected = _expected(slowness or Slowness(), MOST_IMAGES)
        kernels = 1.0 if slowness is None else slowness.kernels
        expected |= {name: kernels * seconds for name, seconds in FULL.items()}
        total = sum(expected.values()) + FULL_TRAINING
        return cls(None, None, expected, FULL_TRAINING, full_seconds=total, clock=clock)

    @classmethod
    def quick(cls, slowness: Slowness, *, clock: Clock = time.perf_counter) -> Plan:
        """Use as many images as the time allows on this machine."""
        none, all_ = (sum(_expected(slowness, n).values()) for n in (0, MOST_IMAGES))
        share = (QUICK_SECONDS - TRAINING_SECONDS - none) / (all_ - none)
        n = round(share * MOST_IMAGES, -3)
        n = int(min(max(n, LEAST_IMAGES), MOST_IMAGES))
        expected = _expected(slowness, n)
        left = QUICK_SECONDS - sum(expected.values())
        return cls(
            n,
            max(1000, min(N_TIMED, int(N_TIMED / slowness.kernels))),
            expected,
            _training(left),
            end=clock() + QUICK_SECONDS,
            full_seconds=cls.full(slowness).full_seconds,
            clock=clock,
        )

    @property
    def timed_seconds(self) -> float:
        """How long a comparison of run times begins new rounds."""
        return TIMED_SECONDS if self.is_quick else math.inf

    @property
    def is_quick(self) -> bool:
        """Whether time is short."""
        return self.end is not None

    def left(self, names: list[str]) -> float:
        """Return the seconds that sections are expected to take."""
        training = self.training if "generation" in names else 0.0
        return training + sum(self.expected.get(name, OTHER.fixed) for name in names)

    def has_time(self, name: str) -> bool:
        """Whether a section that can be left out ends about in time."""
        if self.end is None or name not in OPTIONAL:
            return True
        return self.clock() + self.expected[name] <= self.end + GRACE

    def training_seconds(self) -> float | None:
        """Return how long the networks may train, if that begins now; None for all."""
        if self.end is None:
            return None
        names = list(self.expected)
        others = names[names.index("generation") :]
        left = self.end - self.clock() - sum(self.expected[name] for name in others)
        return _training(left)


def _training(left: float) -> float:
    return min(max(left, SHORTEST_TRAINING), LONGEST_TRAINING)


def _expected(slowness: Slowness, n_images: int) -> dict[str, float]:
    share = n_images / MOST_IMAGES
    return {
        name: slowness.python * cost.fixed + slowness.kernels * share * cost.images
        for name, cost in COSTS.items()
    }
