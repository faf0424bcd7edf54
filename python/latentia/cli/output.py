"""Files that commands write: whole, and over an existing file only with --force."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from latentia import _files as files
from latentia._arguments import did_you_mean
from latentia._files import replacing
from latentia._model_file import kind_of
from latentia._run_manifest import MANIFEST, listed
from latentia.cli.console import warn
from latentia.rows.chunked import drop_pages

_BYTES_AT_ONCE = 1 << 22


def check_output(
    path: Path,
    suffixes: tuple[str, ...],
    *,
    force: bool,
    inputs: Sequence[Path] = (),
    kind: str | None = None,
) -> None:
    """Raise if the result could not be written, before any work is done.

    Parameters
    ----------
    path : Path
    suffixes : tuple of str
        The endings that the command can write, with their dots.
    force : bool
        Whether an existing file may be replaced.
    inputs : sequence of Path
        Inputs of the command, which are never replaced.
    kind : str, optional
        The class of the model to be written. A message is printed if a model of another
        class is replaced.

    Raises
    ------
    ValueError
        If the name has another ending, or is that of an input.
    OSError
        If the folder is missing or not writable, a folder has that name, or the file
        exists and ``force`` is false.
    """
    if path.suffix not in suffixes:
        raise ValueError(
            f"the output file must end in {' or '.join(suffixes)}, got {path}"
            f"{did_you_mean(path.suffix, suffixes)}"
        )
    check_parent(path)
    check_file(path, force=force, inputs=inputs)
    if path.exists():
        _say_what_is_replaced(path, kind)


def check_file(path: Path, *, force: bool, inputs: Sequence[Path] = ()) -> None:
    """Raise if a file of this name may not be written."""
    _check_no_input(path, inputs)
    files.check_target(path, replace=force, remedy="--force overwrites it")


def real(path: Path) -> Path:
    """Resolve symbolic links of a path; circular links raise nothing."""
    return Path(os.path.realpath(path))


def check_outside(folder: Path, inputs: Sequence[Path]) -> None:
    """Raise a ValueError if a folder is an input of the command, or inside one."""
    place = real(folder)
    for given in inputs:
        if given.is_dir() and real(given) in (place, *place.parents):
            where = "is" if real(given) == place else "is inside"
            raise ValueError(
                f"the output {folder} {where} the input {given}: choose a folder "
                "outside it"
            )


def _check_no_input(path: Path, inputs: Sequence[Path]) -> None:
    """Raise if a file is an input of the command, or is in an input folder.

    In the folder of a training only the files that the training wrote are inputs.
    """
    if not path.exists():
        return
    for given in inputs:
        if not given.exists():
            continue
        inside = given.is_dir() and real(given) in real(path).parents
        names = listed(given) if inside else None
        if inside and names is not None:
            inside = real(path).relative_to(real(given)).as_posix() in (
                *names,
                MANIFEST,
            )
        if inside or path.samefile(given):
            where = "is inside" if inside else "is"
            raise ValueError(
                f"the output {path} {where} the input {given}, which is never "
                "overwritten: choose another name"
            )


def _say_what_is_replaced(path: Path, kind: str | None) -> None:
    """Print a message if a model of another class or another file is replaced."""
    if path.suffix == ".safetensors":
        found = kind_of(path) or "a file that is not a model of latentia"
        if found != kind:
            warn(f"--force: {path}, {found}, will be replaced by {kind}")


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays as .npz, atomically; memory maps are not read into memory.

    Raises
    ------
    OSError
        If the file cannot be written; an existing file stays unchanged.
    """
    earlier = _names_in(path)
    if earlier and earlier != {*arrays}:
        names = ", ".join(sorted(earlier))
        warn(f"--force: {path} had other arrays ({names}), which are replaced")
    with replacing(path) as temporary, ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                write_npy(member, np.asarray(array))


def _names_in(path: Path) -> set[str]:
    """Return the names of the arrays in a file; none if it is no .npz file."""
    try:
        with ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, BadZipFile):
        return set()


def write_npy(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write an array in C order, as np.save does, and drop pages of a memory map.

    Pages that have been read would count as memory of this process.
    """
    header = npy.header_data_from_array_1_0(array)
    npy.write_array_header_1_0(file, header | {"fortran_order": False})
    rows = np.atleast_1d(array)
    n_rows = max(1, _BYTES_AT_ONCE // max(1, rows[:1].nbytes))
    for begin in range(0, len(rows), n_rows):
        run = rows[begin : begin + n_rows]
        file.write(np.ascontiguousarray(run).data)
        drop_pages(run)


def check_sample_folder(
    path: Path, *, force: bool, inputs: Sequence[Path] = ()
) -> None:
    """Raise if samples could not be written to a folder, before any work is done.

    Raises
    ------
    ValueError
        If the folder is an input of the command, or holds sample images of a training.
    OSError
        If the parent folder is missing or not writable, a file has that name, or the
        folder is not empty and ``force`` is false. Files other than samples are never
        replaced.
    """
    check_parent(path)
    files.check_link(path)
    if not path.exists():
        return
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is a file, not a folder")
    for file in path.rglob("*"):
        _check_no_input(file, inputs)
    there = [file for file in path.rglob("*") if not file.is_dir()]
    if there and not force:
        raise FileExistsError(f"{path} is not empty; --force replaces its samples")
    for file in there:
        if not re.fullmatch(r"\d{5,}\.png", file.name):
            raise FileExistsError(f"{path} must hold only samples, got {file}")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder next to ``path``, which replaces ``path`` at the end.

    If an exception is raised in between, ``path`` stays unchanged.
    """
    given, path = path, real(path)
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


def check_parent(path: Path) -> None:
    """Raise an OSError if nothing can be written next to a path."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for {path.name}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"{path.parent} is not writable")
