"""Files that commands write: never half, and never over another without being told."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from latentia import _files as files
from latentia._files import replacing
from latentia.rows.chunked import let_go

_BYTES_AT_ONCE = 1 << 22


def check_output(path: Path, suffixes: tuple[str, ...], *, force: bool) -> None:
    """Raise before any work is done if the result could not be written.

    Parameters
    ----------
    path : Path
    suffixes : tuple of str
        The endings that the command can write, with their dots.
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    ValueError
        If the name has another ending.
    OSError
        If the folder is missing or may not be written to, a folder has that name, or
        the file exists and ``force`` is not given.
    """
    if path.suffix not in suffixes:
        raise ValueError(
            f"the output file must end in {' or '.join(suffixes)}, got {path}"
        )
    _check_parent(path)
    check_file(path, force=force)


def check_file(path: Path, *, force: bool) -> None:
    """Raise if a file of this name may not be written."""
    files.check_target(path, replace=force, remedy="--force overwrites it")


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write the arrays, all or nothing; maps of files do not come to be in memory.

    Raises
    ------
    OSError
        If the file cannot be written; one of this name that was there stays whole.
    """
    with replacing(path) as temporary, ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                write_npy(member, np.asarray(array))


def write_npy(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write an array in C order, as np.save does, but let go of what is written.

    Pages of a map that have been read would count as this process's memory.
    """
    header = npy.header_data_from_array_1_0(array)
    npy.write_array_header_1_0(file, header | {"fortran_order": False})
    rows = np.atleast_1d(array)
    n_rows = max(1, _BYTES_AT_ONCE // max(1, rows[:1].nbytes))
    for begin in range(0, len(rows), n_rows):
        run = rows[begin : begin + n_rows]
        file.write(np.ascontiguousarray(run).data)
        let_go(run)


def check_sample_folder(path: Path, *, force: bool) -> None:
    """Raise before any work is done if samples could not be written to a folder.

    Raises
    ------
    OSError
        If the folder's parent is missing or may not be written to, a file has that
        name, or the folder is not empty and ``force`` is not given. Even then nothing
        but samples is replaced.
    """
    _check_parent(path)
    files.check_link(path)
    if not path.exists():
        return
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is a file, not a folder")
    there = [file for file in path.rglob("*") if not file.is_dir()]
    if there and not force:
        raise FileExistsError(f"{path} is not empty; --force replaces samples in it")
    for file in there:
        if not re.fullmatch(r"\d{5,}\.png", file.name):
            raise FileExistsError(f"{path} holds more than samples: {file}")


def check_run_folder(path: Path, *, resume: bool, force: bool) -> None:
    """Raise before any work is done if a run could not be written to a folder.

    Raises
    ------
    ValueError
        If both ``resume`` and ``force`` are given.
    OSError
        If the folder's parent is missing or may not be written to, a file has that
        name, there is no run to resume, or the folder is not empty and neither
        ``resume`` nor ``force`` is given.
    """
    if resume and force:
        raise ValueError("give either --resume or --force, not both")
    _check_parent(path)
    files.check_link(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is a file, not a folder")
    is_empty = not path.exists() or not any(path.iterdir())
    if resume and is_empty:
        raise FileNotFoundError(f"there is no run to resume in {path}")
    if not (is_empty or resume or force):
        raise FileExistsError(
            f"{path} is not empty: --resume goes on with its run, --force replaces it"
        )


@contextmanager
def setting_aside(folder: Path, names: tuple[str, ...]) -> Iterator[None]:
    """Remove files and folders of these names from a folder.

    If anything is raised meanwhile and the first of the names is not there again, all
    are put back as they were.
    """
    aside = folder / f".{secrets.token_hex(8)}"
    aside.mkdir(parents=True)
    for name in names:
        if (folder / name).exists():
            (folder / name).rename(aside / name)
    try:
        yield
    except BaseException:
        if not (folder / names[0]).exists():
            for kept in aside.iterdir():
                _remove(folder / kept.name)
                kept.rename(folder / kept.name)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a new folder beside ``path``, which takes its place at the end.

    If anything is raised meanwhile, ``path`` stays as it was.
    """
    given, path = path, path.resolve()
    staging, former = (path.with_name(f".{secrets.token_hex(8)}") for _ in range(2))
    staging.mkdir()
    try:
        with files.naming(given, instead_of=staging):
            yield staging
            if path.exists():
                path.rename(former)
            staging.rename(path)
    except BaseException:
        if former.exists():
            former.rename(path)
        shutil.rmtree(staging, ignore_errors=True)
        raise
    shutil.rmtree(former, ignore_errors=True)


def _check_parent(path: Path) -> None:
    parent = path.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for {path.name}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"{path.parent} may not be written to")
