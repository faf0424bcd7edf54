"""The style of all figures: dark on white, one accent colour, direct labels.

Nothing here touches matplotlib's global state for longer than a ``with`` block, and
nothing imports pyplot, so pictures can be drawn in a server, a thread or a notebook
without changing what the caller sees. Colours differ in lightness as well as in hue,
so that pictures stay readable in greyscale print.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from latentia._extras import install_hint

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK = "#1c2733"
MUTED = "#64717f"
RULE = "#dfe4e8"
PAPER = "#ffffff"
ACCENT = "#0b7285"
CONTRAST = "#c2570c"
NEUTRAL = "#a9b4be"
PALETTE = (
    *(ACCENT, CONTRAST, "#1f3f7a", "#d9a404", "#7b3f8c", "#63a375"),
    *(INK, "#e07a9a"),
)
"""Colours of groups; neighbours differ in lightness too."""

_LOCK = threading.RLock()
"""matplotlib's settings are those of the process: one thread draws at a time."""

PIXELS_PER_INCH = 200
PAGE_WIDTH = 6.6
"""Width of a full-width picture in inches; at this width text is as large as prose."""

# The first of these that is installed; DejaVu Sans ships with matplotlib.
_FONTS = (
    "Inter",
    "Source Sans 3",
    "Helvetica Neue",
    "Segoe UI",
    "Arial",
    "Liberation Sans",
    "DejaVu Sans",
)

# Those of them that are installed draw the letters that the first font lacks.
_SCRIPTS = (
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Hiragino Sans",
    "PingFang SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Sans Devanagari",
    "Kohinoor Devanagari",
    "Nirmala UI",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Arial Unicode MS",
    "FreeSans",
)

# Any, since newer matplotlib allows only literals as keys and older has no such type.
_STYLE: Any = {
    # Names are the users': a "$" in them begins no formula.
    "text.parse_math": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": NEUTRAL,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 8.0,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "text.color": INK,
    "font.size": 9.5,
    "figure.constrained_layout.h_pad": 0.09,
    "figure.constrained_layout.w_pad": 0.08,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.0,
}


def require_matplotlib() -> None:
    """Raise unless pictures can be drawn: ask before long work.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> plots.require_matplotlib()  # raises ImportError where it is missing
    """
    if find_spec("matplotlib") is None:
        raise ImportError(f"pictures need matplotlib: {install_hint('plot')}")


@contextmanager
def theme() -> Iterator[None]:
    """Draw in latentia's look inside the ``with`` block; restore everything after it.

    The caller's own matplotlib settings are set aside meanwhile, so that a picture
    looks the same whatever is in a ``matplotlibrc``.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from latentia import plots
    >>> with plots.theme():
    ...     import matplotlib
    ...     from matplotlib.figure import Figure
    ...     figure = Figure(figsize=(4, 2))
    ...     _ = figure.add_subplot().plot([1, 2, 4])
    """
    require_matplotlib()
    import matplotlib
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    with _LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        fonts = [font for font in (*_FONTS, *_SCRIPTS) if font in installed]
        # matplotlib takes one font of "sans-serif", but every one that is named here.
        matplotlib.rcParams["font.family"] = fonts
        yield


def legend_label(name: str) -> str:
    """Return a name as a label: matplotlib leaves out those that begin with "_"."""
    return f" {name}" if name.startswith("_") else name


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` × ``height`` inches that no window owns.

    Call it, and draw on the figure, inside :func:`theme`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """Return ``figure`` as the bytes of a PNG file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    bytes

    Examples
    --------
    >>> from latentia import plots
    >>> figure = plots.spectrum([4.0, 2.0, 1.0])
    >>> plots.png(figure)[1:4]
    b'PNG'
    """
    file = io.BytesIO()
    with theme(), warnings.catch_warnings():
        # A script that no font here has is drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        # The software's name and version would make equal pictures differ.
        figure.savefig(
            file, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None}
        )
    return file.getvalue()


def signed_colours() -> Colormap:
    """Return the colour map for signed images: dark blue, grey at zero, pale amber.

    Its lightness rises all the way, so negative and positive differ without colour too.
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "latentia_signed",
        ["#0a1a3f", "#1f4e8c", "#8f9499", "#dfb15b", "#fff6e0"],
    )
