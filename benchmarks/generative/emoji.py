"""The emoji suite: few, diverse pictures in colour.

The pictures are those of a colour font, extracted from its table of bitmaps; the small
size draws shapes instead. A share of them is held out, and what is generated is
compared with it, so that copies of training pictures gain nothing.
"""

from collections.abc import Iterator
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia import datasets, generative
from latentia.benchmarks.generative.judging import COVERAGE, FRECHET
from latentia.benchmarks.generative.suite import grid_png
from latentia.benchmarks.generative.trainings import SAMPLE_SEED, SECONDS, SEED, Images
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import Found, Step, limits_step
from latentia.benchmarks.timing import timed
from latentia.evaluation import (
    density_coverage,
    frechet_distance,
    gaussian_statistics,
    memorisation,
)
from latentia.evaluation.features import RandomConvFeatures

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
"""Where the Debian package fonts-noto-color-emoji puts it."""

ONE_STAGE, GAN = "RAE in one stage", "GAN"
COPIES = "suspected copies"
_CASES: dict[Size, str] = {"small": "shapes 16×16", "full": "emoji 32×32"}
_PIXELS = 32
_HELD_OUT = 0.2
_TARGET = Target("≤", 0.6)
_SHOWN = 96

MODELS: dict[str, Any] = {
    LATENTIA: generative.RAE,
    ONE_STAGE: partial(generative.RAE, sharpen=0),
    GAN: partial(generative.GAN, augment=True),
}


def load_emoji(pixels: int = _PIXELS) -> NDArray[np.uint8]:
    """Return the pictures of the font (n, pixels, pixels, 3) over white.

    It raises FileNotFoundError if the font is not on this machine.
    """
    from fontTools.ttLib import TTFont  # installed with matplotlib
    from PIL import Image

    if not FONT.is_file():
        raise FileNotFoundError(f"there is no {FONT}")
    pictures = []
    for glyph in TTFont(FONT)["CBDT"].strikeData[0].values():
        with Image.open(BytesIO(glyph.imageData)) as found:
            picture = found.convert("RGBA")
        side = max(picture.size)
        square = Image.new("RGBA", (side, side), "white")
        left, top = ((side - length) // 2 for length in picture.size)
        square.alpha_composite(picture, (left, top))
        small = square.convert("RGB").resize((pixels, pixels), Image.Resampling.BOX)
        pictures.append(np.asarray(small))
    return np.stack(pictures)


def steps(size: Size) -> Iterator[Step]:
    """List the models, and real pictures next to them."""
    # Made in the first step: without the font it is left out, with a note.
    contest = cache(partial(_Contest, size))
    name = f"{' and '.join(MODELS)}, {SECONDS[size]:g} s each"
    yield Step(name, lambda: contest().run())
    yield limits_step("real pictures against real ones", lambda: contest().floor())


class _Contest:
    """Trains the models and compares their pictures with held-out ones."""

    def __init__(self, size: Size) -> None:
        self.size = size
        if size == "full":
            pictures = load_emoji()
        else:
            pictures = datasets.make_shapes(200, 16, random_state=SEED).images
        order = np.random.default_rng(SEED).permutation(len(pictures))
        n_held_out = round(_HELD_OUT * len(pictures))
        self.held_out = pictures[order[:n_held_out]]
        self.train = pictures[order[n_held_out:]]
        self.features = RandomConvFeatures()
        self._real = self.features(self.held_out)
        self._seen = self.features(self.train)

    def run(self) -> Found:
        """Train the models in turn."""
        found = Found()
        for name, make in MODELS.items():
            model = make(random_state=SEED)
            seconds = SECONDS[self.size]
            fit = partial(model.fit, self.train, minutes=seconds / 60, validation=0.1)
            times = timed(fit).times
            images = model.sample(len(self.held_out), seed=SAMPLE_SEED)
            rate = Quantity(model.n_images_seen_ / times[0], "images/s")
            measures = {"training": rate, **self._measures(images)}
            found.methods.append(MethodResult(_CASES[self.size], name, times, measures))
            file = name.lower().replace(" ", "-")
            found.pictures[f"emoji-{file}"] = grid_png(images[:_SHOWN], 16)
        ours, before = (r.measures[FRECHET].value for r in found.methods[:2])
        target = _TARGET if self.size == "full" else None
        found.limits[f"{FRECHET} over that of the {ONE_STAGE}"] = Quantity(
            ours / before, "×", target
        )
        return found

    def floor(self) -> Measures:
        """Score training pictures, as many as are held out."""
        chosen = self.train[: len(self.held_out)]
        found = self._measures(chosen)
        del found[COPIES]
        return {f"real pictures: {name}": value for name, value in found.items()}

    def _measures(self, images: Images) -> Measures:
        made = self.features(images)
        real, statistics = self._real, gaussian_statistics
        near = density_coverage(real, made)
        copies = memorisation(self._seen, made, real)
        return {
            FRECHET: Quantity(frechet_distance(statistics(real), statistics(made))),
            COVERAGE: Quantity(near.coverage),
            COPIES: Quantity(copies.share),
        }
