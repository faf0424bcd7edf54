"""The files that a training wrote to a folder; ``--force`` removes only these.

``run.json`` lists them. Other files in the folder, also a ``samples/`` or a
``metrics.jsonl`` of the user, are never changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from latentia._files import replacing

LAST, BEST = "last.safetensors", "best.safetensors"
METRICS = "metrics.jsonl"
MANIFEST = "run.json"
SAMPLES = "samples"
ASIDE = ".replaced-run"

_FORMAT = "latentia run"
_OWN = re.compile(
    r"(last|best)\.safetensors|metrics\.jsonl|samples/\d{7,}\.png"
    r"|tensorboard/events\.out\.tfevents\.[^/\\]+"
)
"""An edited manifest cannot name other files."""


def listed(folder: Path) -> list[str] | None:
    """Return the files that a run's manifest lists, or None if there is no run.

    Paths are relative to the folder, with "/".
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if manifest["format"] != _FORMAT:
            return None
        names = manifest["files"]
        if not all(isinstance(n, str) and _OWN.fullmatch(n) for n in names):
            return None
        return sorted(set(names))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def add(folder: Path, names: Iterable[str]) -> None:
    """List files, before they are written."""
    known = listed(folder)
    files = sorted({*(known or ()), *names})
    if files == known:
        return
    with replacing(folder / MANIFEST) as temporary:
        text = json.dumps({"format": _FORMAT, "version": 1, "files": files}, indent=1)
        temporary.write_text(f"{text}\n", "utf-8")


def clashes(folder: Path) -> list[str]:
    """Return existing files that a new run would overwrite."""
    names = [MANIFEST, LAST, BEST, METRICS]
    grids = (p.name for p in (folder / SAMPLES).glob("*.png"))
    names += (f"{SAMPLES}/{name}" for name in grids)
    return [
        n
        for n in names
        if (folder / n).exists() and (_OWN.fullmatch(n) or n == MANIFEST)
    ]


def remove(folder: Path) -> None:
    """Remove the files of the run in a folder, and its empty sub-folders."""
    for name in listed(folder) or ():
        (folder / name).unlink(missing_ok=True)
    if listed(folder) is not None:
        (folder / MANIFEST).unlink()
    _remove_empty(folder)


@contextmanager
def set_aside(folder: Path) -> Iterator[None]:
    """Move the run in a folder aside, so that a new run can replace it.

    If the new run does not begin, the earlier one is moved back at the end, or by
    ``recover`` if the process was killed.
    """
    names = listed(folder)
    if names is None:
        yield
        return
    aside = folder / ASIDE
    try:
        aside.mkdir()
        # The manifest is moved first: it shows later that the files are of this run.
        _move([MANIFEST, *names], folder, aside)
        yield
    finally:
        recover(folder)


def recover(folder: Path) -> None:
    """Move a run back that was set aside, or remove it if a new one has begun."""
    aside = folder / ASIDE
    if aside.is_symlink() or not aside.is_dir():
        return
    names = listed(aside)
    if names is not None:
        if listed(folder) is not None and (folder / LAST).exists():
            remove(aside)
        else:
            remove(folder)
            _move([*names, MANIFEST], aside, folder)
    _remove_empty(aside)
    with suppress(OSError):  # holds what is not a run's
        aside.rmdir()


def _move(names: list[str], source: Path, target: Path) -> None:
    for name in names:
        if (source / name).is_file():
            (target / name).parent.mkdir(exist_ok=True)
            (source / name).replace(target / name)
    _remove_empty(source)


def _remove_empty(folder: Path) -> None:
    for name in (SAMPLES, "tensorboard"):
        with suppress(OSError):  # missing, or not empty
            (folder / name).rmdir()
