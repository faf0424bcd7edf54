"""What a training leaves behind, and the folder that keeps it for a suite cut short."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._files import replacing
from latentia.benchmarks import machine
from latentia.benchmarks.files import replace_text

CACHE_VARIABLE = "LATENTIA_BENCH_CACHE"
"""Names the folder in which outcomes are kept; without it they are not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one training gives to judge.

    ``samples`` are uint8 images (n, H, W) by the method that made them, as a model may
    have several priors; ``elbo`` is in nats an image, where there is one.
    """

    seconds: float
    n_images: int
    samples: dict[str, NDArray[np.uint8]] = field(compare=False)
    elbo: float | None = None


@dataclass(slots=True)
class Outcomes:
    """Outcomes by name: each training runs once, in this process or an earlier one.

    Those of another machine, of other versions or of another length are run again.
    """

    folder: Path | None
    _known: dict[str, Outcome] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> "Outcomes":
        """Keep them where ``LATENTIA_BENCH_CACHE`` says."""
        folder = os.environ.get(CACHE_VARIABLE)
        return cls(Path(folder) if folder else None)

    def get(
        self, name: str, run: Callable[[], Outcome], **settings: str | float
    ) -> Outcome:
        """Return the outcome of this name, after running it if need be.

        Parameters
        ----------
        name : str
        run : callable
        **settings : str or float
            What else it depends on.

        Returns
        -------
        Outcome
        """
        key = {"machine": machine.describe().line(), **settings}
        if name not in self._known:
            kept = self._read(name, key)
            self._known[name] = kept or run()
            if kept is None:
                self._write(name, key)
        return self._known[name]

    def _read(self, name: str, key: dict[str, Any]) -> Outcome | None:
        if self.folder is None:
            return None
        facts_file, samples_file = _files(self.folder, name)
        if not facts_file.exists():
            return None
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
        if facts.pop("key") != key:
            return None
        with np.load(samples_file, allow_pickle=False) as samples:
            return Outcome(samples=dict(samples), **facts)

    def _write(self, name: str, key: dict[str, Any]) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        facts_file, samples_file = _files(self.folder, name)
        facts = asdict(self._known[name])
        samples = facts.pop("samples")
        facts_file.unlink(missing_ok=True)
        with replacing(samples_file) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **samples)
        # The facts come last: where they are, the samples are whole.
        replace_text(facts_file, json.dumps({**facts, "key": key}, indent=2) + "\n")


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    stem = name.replace(" ", "-")
    return folder / f"{stem}.json", folder / f"{stem}.npz"
