"""Names above the columns of an image grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEIGHT, _FONT_SIZE = 14, 10
_SHADE, _INK = 255, 40


def with_headings(
    page: NDArray[np.uint8], headings: Sequence[str]
) -> NDArray[np.uint8]:
    """Return an image grid with a name above each column, shortened to its width.

    Parameters
    ----------
    page : ndarray of uint8, shape (height, width) or (height, width, C)
        As ``image_grid`` returns it.
    headings : sequence of str
        One for each column.

    Returns
    -------
    page : ndarray of uint8, shape (height + 14, width) or (height + 14, width, C)
    """
    from PIL import Image, ImageDraw, ImageFont

    width = page.shape[1]
    strip = Image.new("L", (width, _HEIGHT), _SHADE)
    draw = ImageDraw.Draw(strip)
    font: Any = ImageFont.load_default(_FONT_SIZE)
    step = (width + 1) / len(headings)
    for i, name in enumerate(headings):
        cell = Image.new("L", (max(1, int(step) - 2), _HEIGHT), _SHADE)
        ImageDraw.Draw(cell).text(
            (1, 1), _shortened(draw, name, font, step), _INK, font
        )
        strip.paste(cell, (round(i * step), 0))
    grey = np.asarray(strip)
    if page.ndim == 3:
        grey = np.repeat(grey[..., np.newaxis], page.shape[2], axis=2)
        if page.shape[2] in (2, 4):
            grey[..., -1] = 255  # opaque
    return np.concatenate([grey, page])


def _shortened(draw: Any, name: str, font: Any, width: float) -> str:
    """Return the name, or its beginning and "…" if it is too wide."""
    name = " ".join(name.split())
    shown = name
    while len(name) > 1 and draw.textlength(shown, font) > width - 4:
        name = name[:-1]
        shown = f"{name}…"
    return shown
