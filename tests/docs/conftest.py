"""The blocks of code in the pages of the documentation."""

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "_build" not in page.parts
]

_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>run|slow|not run) -->\n)?"
    r"```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(autouse=True)
def coarse_pictures(monkeypatch):
    """Save few pixels an inch: the code is tested, not how sharp its pictures are."""
    pytest.importorskip("matplotlib")
    # The package's function theme hides the module of that name.
    theme = importlib.import_module("latentia.plots.theme")
    monkeypatch.setattr(theme, "PIXELS_PER_INCH", 20)


@dataclass(frozen=True)
class Block:
    """A block of code; ``line`` is that of the page before its first one.

    A comment of HTML above it may say that it is slow, run or not run. Blocks of Python
    run by default, commands of the shell do not.
    """

    language: str
    mark: str
    text: str
    line: int


def blocks_of(page):
    """Return the blocks of code of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["language"],
            found["mark"] or "",
            found["text"],
            text.count("\n", 0, found.start("text")),
        )
        for found in _FENCE.finditer(text)
    ]


def commands_of(text):
    """Return the lines of a block of the shell; a backslash continues a line."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
