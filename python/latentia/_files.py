"""Checks of files to read, and files that are written atomically."""

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
    """Raise unless the path is a file that can be read.

    Raises
    ------
    FileNotFoundError
        If it does not exist.
    OSError
        If it is a folder, or a pipe or a device, which may never end.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    _check_kind(path)


def check_target(path: Path, *, replace: bool, remedy: str) -> None:
    """Raise if a file may not be written.

    Parameters
    ----------
    path : Path
    replace : bool
        Whether an existing file may be replaced.
    remedy : str
        Part of the message: how to allow the replacement.

    Raises
    ------
    FileExistsError
        If the file exists and may not be replaced.
    OSError
        If the path is something other than a file.
    """
    if os.path.lexists(path):
        _check_kind(path)
        if not replace:
            raise FileExistsError(f"{path} exists; {remedy}")


def check_link(path: Path) -> None:
    """Raise if the path is a broken or circular symbolic link."""
    if path.is_symlink() and not path.exists():
        raise OSError(f"{path} is a broken symbolic link")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the name of a new file in its folder, which replaces ``path`` at the end.

    If an exception is raised in between, ``path`` stays unchanged. An OSError that
    names no other file, such as that of a full disk, becomes a ``WritingError``.
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
    """Name ``path`` in an OSError that names no file or the temporary one."""
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
    """Return the umask of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
