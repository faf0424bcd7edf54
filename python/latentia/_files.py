"""Files that are read to their end, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path


class WritingError(OSError):
    """A file that could not be written.

    Attributes
    ----------
    path : Path
    reason : str
    """

    def __init__(self, path: Path, error: OSError) -> None:
        earlier = error.reason if isinstance(error, WritingError) else None
        self.path = path
        self.reason: str = earlier or error.strerror or str(error) or "an error"
        super().__init__(error.errno, f"{path} could not be written: {self.reason}")


def check_input(path: str | PathLike[str]) -> None:
    """Raise if there is no file to read.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.
    OSError
        If it is a folder; or a pipe or a device, which may never end.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    _check_kind(path)


def check_target(path: Path, *, replace: bool, remedy: str) -> None:
    """Raise if no file may be written there.

    Parameters
    ----------
    path : Path
    replace : bool
        Whether a file of that name may be replaced.
    remedy : str
        What allows that, for the message.

    Raises
    ------
    FileExistsError
        If there is a file and it may not be replaced.
    OSError
        If the name is that of something else than a file, whatever ``replace`` is.
    """
    if os.path.lexists(path):
        _check_kind(path)
        if not replace:
            raise FileExistsError(f"{path} exists; {remedy}")


def check_link(path: Path) -> None:
    """Raise if the path is a symbolic link to nothing, or in a circle."""
    if path.is_symlink() and not path.exists():
        raise OSError(f"{path} is a symbolic link that leads to nothing")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the name of a new file beside ``path``, which takes its place at the end.

    If anything is raised meanwhile, ``path`` stays as it was; an OSError that names no
    other file, as that of a full disk, becomes a ``WritingError``.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    os.close(handle)
    temporary = Path(name)
    try:
        with naming(path, instead_of=temporary):
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def naming(path: Path, *, instead_of: Path) -> Iterator[None]:
    """Let an OSError tell of ``path`` if it names no file, or a temporary one."""
    try:
        yield
    except OSError as error:
        about = error.path if isinstance(error, WritingError) else error.filename
        file = instead_of if about is None else Path(str(about))
        if instead_of not in (file, *file.parents):
            raise
        raise WritingError(path, error) from error


def _check_kind(path: Path) -> None:
    check_link(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a file")
    if not path.is_file():
        raise OSError(f"{path} is a pipe or a device, not a file")


def _umask() -> int:
    """Return the mask that ordinary files get and temporary ones do not."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
