"""A folder of files that follow each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from latentia.reading.arrays import read_array
from latentia.rows.chunked.concatenated import (
    ConcatenatedParts,
    Part,
    concatenate_parts,
    part_info,
)
from latentia.rows.chunked.sliced_array import SameFile

_ENDINGS = (".npy", ".npz")


@dataclass(frozen=True)
class PartFiles:
    """Reads the matrices of files: .npy files are mapped, .npz files are read.

    Attributes
    ----------
    paths : tuple of Path
        Files that have rows.
    """

    paths: tuple[Path, ...]
    files: tuple[SameFile, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Record the identities of the files: all passes must read the same."""
        files = (SameFile(path, partial(_opened, path)) for path in self.paths)
        object.__setattr__(self, "files", tuple(files))

    def __call__(self, numbers: Sequence[int]) -> Iterator[Part]:
        """Yield the matrices with these numbers."""
        for number in numbers:
            with self.files[number]() as part:
                yield part


def _opened(path: Path) -> AbstractContextManager[Part]:
    return nullcontext(read_array(path))


def folder_of_parts(folder: Path) -> ConcatenatedParts:
    """Return the storage of a folder of .npy and .npz files.

    Numbers in their names are compared as numbers: part-2 comes before part-10. Hidden
    files and parts without rows are skipped. Every .npz file is read once here.

    Raises
    ------
    OSError
        If the folder or a file cannot be read.
    ValueError
        If a file is damaged or of another kind, or parts do not fit together.
    """
    paths = sorted(
        (path for path in folder.iterdir() if not path.name.startswith(".")),
        key=_natural,
    )
    for path in paths:
        if path.suffix.lower() not in _ENDINGS or not path.is_file():
            raise ValueError(
                f"{path}: is not a part of a matrix; a folder of parts must hold only "
                f"files that end in {' or '.join(_ENDINGS)}"
            )
    if not paths:
        raise ValueError(
            f"{folder}: the folder holds no parts ({' or '.join(_ENDINGS)} files)"
        )
    infos = [(str(path), part_info(read_array(path), str(path))) for path in paths]
    with_rows = [
        path for path, (_, info) in zip(paths, infos, strict=True) if info.n_rows
    ]
    return concatenate_parts(PartFiles(tuple(with_rows)), infos, str(folder))


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a key by which numbers in names are compared as numbers."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(s), "") if s.isdecimal() else (-1, s) for s in parts]
