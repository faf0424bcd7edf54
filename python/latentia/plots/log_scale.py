"""Logarithmic axes without mathtext, which the theme turns off: names may hold "$"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def set_log_scale(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with powers such as 10⁻³ next to it."""
    from matplotlib.ticker import LogFormatterSciNotation

    class Plain(LogFormatterSciNotation):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return _plain(super().__call__(x, pos))

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(Plain())
    minor: Any = Plain(labelOnlyBase=False, minor_thresholds=(1, 0.4))
    axes.yaxis.set_minor_formatter(minor)


def _plain(text: str) -> str:
    r"""Return "2×10⁻³" of "$\mathdefault{2\times10^{-3}}$"."""
    found = re.fullmatch(r"\$\\mathdefault\{(.*)\}\$", text)
    if found is None:
        return text
    inner = found[1].replace(r"\times", "×")
    return re.sub(
        r"\^\{(-?\d+)\}", lambda power: power[1].translate(_SUPERSCRIPTS), inner
    )
