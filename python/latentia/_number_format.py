"""Numbers as short text, the same in figures, tables and prose.

The spaces inside are no-break spaces: a number and its unit stay on one line.
"""

from __future__ import annotations

_SPACE = "\N{NO-BREAK SPACE}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def seconds(time: float) -> str:
    """Return a time in seconds as ``1.34 s``, ``87 ms`` or ``0.42 ms``."""
    if time >= 1:
        return f"{time:.2f}{_SPACE}s"
    return f"{1e3 * time:.{0 if time >= 0.01 else 2}f}{_SPACE}ms"


def times(ratio: float) -> str:
    """Return how many times more as ``6.3 ×``."""
    return f"{ratio:.1f}{_SPACE}×"


def rate(per_second: float) -> str:
    """Return how many a second as ``140,000``: more digits do not come out alike."""
    two_digits = float(f"{per_second:.1e}")
    return f"{two_digits:,.0f}" if two_digits >= 10 else f"{two_digits:g}"


def percent(share: float) -> str:
    """Return a share, 1 being the whole, as ``12.3 %``."""
    return f"{100 * share:.1f}{_SPACE}%"


def scientific(number: float) -> str:
    """Return a number of any size as ``3.2 × 10⁻⁵``, and zero as ``0``."""
    if number == 0:
        return "0"
    digits, exponent = f"{number:.1e}".split("e")
    power = str(int(exponent)).translate(_SUPERSCRIPTS)
    return f"{digits}{_SPACE}×{_SPACE}10{power}"
