import io
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from latentia.plots import png


@pytest.fixture
def words() -> Callable[[Figure], set[str]]:
    """Everything that is written on a figure, with plain spaces."""

    def of(figure: Figure) -> set[str]:
        written = (text.get_text() for text in figure.findobj(Text))
        return {text.replace("\N{NO-BREAK SPACE}", " ") for text in written if text}

    return of


@pytest.fixture
def pixels() -> Callable[[Figure], NDArray[np.uint8]]:
    """A figure as it comes out as PNG: (H, W, 3)."""

    def of(figure: Figure) -> NDArray[np.uint8]:
        return np.asarray(Image.open(io.BytesIO(png(figure))).convert("RGB"))

    return of
