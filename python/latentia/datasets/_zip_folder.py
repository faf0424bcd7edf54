"""A zip file of pictures, read as the folder that it would unpack to.

Nothing is unpacked to disk: names, also hostile ones, are only ever names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from latentia.datasets import images
from latentia.reading.damage import decoding, reading

_MOST_BYTES_A_PIXEL = 8
"""Of 4 channels of 16 bits: what a member may unpack to, for a picture of
``MAX_PIXELS``."""

_DEEPEST = 100
"""Folders in folders; names of zip files may have 32,767, which take gigabytes."""

_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Bits of a member's flags."""


class ZipTree:
    """Files and folders of an open zip file.

    Hidden ones and those of ``__MACOSX``, where macOS keeps what belongs to files, are
    left out; so is every name with "..".
    """

    def __init__(self, path: Path, archive: ZipFile) -> None:
        self.path, self.archive = path, archive
        self.files: dict[tuple[str, ...], ZipInfo] = {}
        self.folders: dict[tuple[str, ...], set[str]] = {(): set()}
        for info in archive.infolist():
            parts = tuple(part for part in _name(info).split("/") if part)
            if any(part.startswith(".") or part == "__MACOSX" for part in parts):
                continue
            if len(parts) > _DEEPEST:
                raise ValueError(
                    f"it has folders in folders {len(parts)} deep, {_DEEPEST} are "
                    f"allowed: {'/'.join(parts)[:60]}…"
                )
            for depth in range(len(parts)):
                inside = self.folders.setdefault(parts[:depth], set())
                inside.add(parts[depth])
            if parts and not info.is_dir():
                self.files[parts] = info


@dataclass(frozen=True)
class ZipPath:
    """A file or folder in a zip file, with what is needed of `pathlib.Path`."""

    tree: ZipTree
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join((str(self.tree.path), *self.parts))

    def __truediv__(self, name: str) -> ZipPath:
        return ZipPath(self.tree, (*self.parts, name))

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1] if self.parts else self.tree.path.name

    @property
    def suffix(self) -> str:
        """The ending of the name."""
        return Path(self.name).suffix

    def is_dir(self) -> bool:
        """Tell whether there is such a folder."""
        return self.parts in self.tree.folders

    def is_file(self) -> bool:
        """Tell whether there is such a file."""
        return self.parts in self.tree.files

    def iterdir(self) -> Iterator[ZipPath]:
        """Give what a folder holds."""
        for name in self.tree.folders[self.parts]:
            yield self / name

    def read_bytes(self) -> bytes:
        """Unpack a file into memory.

        Raises
        ------
        ValueError
            It is encrypted, damaged, too large for a picture, or compressed by a method
            that could unpack to any size. The file is named.
        """
        info = self.tree.files[self.parts]
        if info.flag_bits & _ENCRYPTED:
            raise ValueError(
                f"{self}: it is encrypted, and only zip files without a password are "
                "read"
            )
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ValueError(
                f"{self}: compression method {info.compress_type} is not read, only 0 "
                "(stored) and 8 (deflated)"
            )
        most = _MOST_BYTES_A_PIXEL * images.MAX_PIXELS
        if info.file_size > most:
            raise ValueError(
                f"{self}: it unpacks to {info.file_size:,} bytes, more than the "
                f"{most:,} of the largest picture (MAX_PIXELS = {images.MAX_PIXELS})"
            )
        with decoding(self, "member of a zip file"):
            # Asked for as many bytes as it says that it has, it gives no more.
            with self.tree.archive.open(info) as member:
                content = member.read(info.file_size)
            if len(content) != info.file_size:
                raise ValueError(f"{len(content)} of {info.file_size} bytes are there")
            return content


@contextmanager
def opened(path: Path) -> Iterator[Path | ZipPath]:
    """Give a folder as it is, and a zip file as a folder while it is open.

    Raises
    ------
    ValueError
        It is named as a zip file and is none.
    OSError
        There is no such file.
    """
    if path.suffix.lower() != ".zip" or path.is_dir():
        yield path
        return
    with reading(path, "zip file"):
        archive = ZipFile(path)
    with archive:
        with decoding(path, "zip file"):
            tree = ZipTree(path, archive)
        yield ZipPath(tree)


def _name(info: ZipInfo) -> str:
    """Return a member's name, with "/" between its parts.

    Without the flag of UTF-8 it is read as code page 437, but macOS writes UTF-8 there,
    and some programs for Windows write backslashes.
    """
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")
