"""Models that train once for a set time, and are kept for a suite cut short."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentia import generative
from latentia.benchmarks import machine
from latentia.benchmarks.files import replace_text
from latentia.benchmarks.generative.contestants import SEED
from latentia.benchmarks.generative.pictures import Pictures

MODELS: dict[str, Any] = {
    "RAE": generative.RAE,
    "VAE": generative.VAE,
    "GAN": generative.GAN,
}
"""As they come; none of them knows of labels."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and the images that it saw a second."""

    model: Any
    rate: float


@dataclass(slots=True)
class Models:
    """Models by name: each is trained once, in this process or an earlier one.

    Those of another machine, of other versions or of another length are trained again.
    """

    folder: Path | None
    pictures: Pictures
    seconds: float
    _known: dict[str, Trained] = field(default_factory=dict)

    def get(self, name: str) -> Trained:
        """Return a model, after training it if need be."""
        if name not in self._known:
            self._known[name] = self._read(name) or self._train(name)
        return self._known[name]

    def _train(self, name: str) -> Trained:
        model = MODELS[name](random_state=SEED)
        begin = time.perf_counter()
        model.fit(self.pictures.train.images, minutes=self.seconds / 60)
        rate = model.n_images_seen_ / (time.perf_counter() - begin)
        if self.folder is not None:
            place = self._place(name)
            model.save(place, overwrite=True)
            facts = json.dumps({"rate": rate, "key": self._key()}, indent=2)
            # The facts come last: where they are, the model is whole.
            replace_text(place / "facts.json", f"{facts}\n")
        return Trained(model, rate)

    def _read(self, name: str) -> Trained | None:
        if self.folder is None:
            return None
        facts_file = self._place(name) / "facts.json"
        if not facts_file.exists():
            return None
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
        if facts["key"] != self._key():
            return None
        return Trained(MODELS[name].load(self._place(name)), facts["rate"])

    def _place(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.pictures.name}-{name}-model"

    def _key(self) -> dict[str, Any]:
        return {"machine": machine.describe().line(), "limit": self.seconds}
