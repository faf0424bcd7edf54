"""The folder that ``train`` writes: locked, and an earlier run restored if needed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from latentia import _files as files
from latentia._folder_lock import LOCK, locked
from latentia._model_file import kind_of
from latentia._run_manifest import ASIDE, LAST, MANIFEST, listed, recover
from latentia.cli.console import warn
from latentia.cli.output import check_outside, check_parent, real


def check_run_path(
    path: Path, inputs: Sequence[Path], *, resume: bool, force: bool
) -> None:
    """Raise before any work is done if no run could be written to a folder.

    Raises
    ------
    ValueError
        If both ``resume`` and ``force`` are given, or the folder is an input or inside
        of one.
    OSError
        If the folder's parent is missing or may not be written to, or a file has that
        name.
    """
    if resume and force:
        raise ValueError("give either --resume or --force, not both")
    check_parent(path)
    files.check_link(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is a file, not a folder")
    check_outside(path, inputs)


@contextmanager
def run_folder(
    path: Path, kind: str, inputs: Sequence[Path], *, resume: bool, force: bool
) -> Iterator[None]:
    """Keep other trainings out of a folder, and restore a run that was set aside.

    Raises
    ------
    BlockingIOError
        If another training writes there.
    OSError
        If there is no run to resume; or the folder is not empty, and neither ``resume``
        nor ``force`` is given, or it holds no run that ``force`` could replace.
    """
    if resume and not path.exists():
        raise FileNotFoundError(f"there is no run to resume in {path}")
    with locked(path):
        if (path / ASIDE).is_dir():
            recover(path)
            warn(f"{path} has its run again, which an interrupted --force had put away")
        is_empty = all(file.name == LOCK for file in path.iterdir())
        if resume and is_empty:
            raise FileNotFoundError(f"there is no run to resume in {path}")
        if not (is_empty or resume or force):
            raise FileExistsError(
                f"{path} is not empty: --resume goes on with its run, --force replaces "
                "it"
            )
        if force and not is_empty:
            _check_replaceable(path, kind, inputs)
        yield


def _check_replaceable(path: Path, kind: str, inputs: Sequence[Path]) -> None:
    names = listed(path)
    if names is None:
        raise FileExistsError(
            f"{path} is not empty and holds no run that train wrote (no {MANIFEST}): "
            "--force replaces nothing else; choose another folder"
        )
    for name in names:
        file = real(path / name)
        if any(p.exists() and real(p) in (file, *file.parents) for p in inputs):
            raise ValueError(f"--force would replace {path / name}, which is the input")
    found = kind_of(path / LAST)
    if found is not None and found != kind:
        warn(f"--force: {path} holds a run of {found}, which a {kind} will replace")


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does, so that it tidies up.

    A training handles them itself while it takes steps.
    """
    names = [n for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]
    numbers = [signal.Signals[n] for n in names]
    # Under nohup SIGHUP is ignored, and stays so.
    numbers = [s for s in numbers if signal.getsignal(s) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        numbers = []

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
