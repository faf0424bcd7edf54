"""A zip file of images, read like the folder that it contains.

Nothing is unpacked to disk, so hostile names in it cannot be used as paths.
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
"""4 channels with 16 bits: a member may unpack to this times ``MAX_PIXELS`` bytes."""

_DEEPEST = 100
"""Most nested folders; the format allows 32,767, which need gigabytes."""

_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Bits of a member's flags."""


class ZipTree:
    """Files and folders of an open zip file.

    Hidden ones, those of ``__MACOSX`` (metadata of macOS) and names with ".." are left
    out.
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
                    f"it must have at most {_DEEPEST} nested folders, got "
                    f"{len(parts)}: {'/'.join(parts)[:60]}…"
                )
            for depth in range(len(parts)):
                inside = self.folders.setdefault(parts[:depth], set())
                inside.add(parts[depth])
            if parts and not info.is_dir():
                self.files[parts] = info


@dataclass(frozen=True)
class ZipPath:
    """A file or folder in a zip file, with some methods of `pathlib.Path`."""

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
        """Yield the content of a folder."""
        for name in self.tree.folders[self.parts]:
            yield self / name

    def read_bytes(self) -> bytes:
        """Unpack a file into memory.

        Raises
        ------
        ValueError
            It is encrypted, damaged, too large for an image, or compressed by a method
            other than deflate. The message names the file.
        """
        info = self.tree.files[self.parts]
        if info.flag_bits & _ENCRYPTED:
            raise ValueError(
                f"{self}: it is encrypted; only zip files without a password are read"
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
            # At most the stated number of bytes is unpacked.
            with self.tree.archive.open(info) as member:
                content = member.read(info.file_size)
            if len(content) != info.file_size:
                raise ValueError(f"it has {len(content)} of {info.file_size} bytes")
            return content


@contextmanager
def opened(path: Path) -> Iterator[Path | ZipPath]:
    """Yield a folder as it is, and a zip file as a folder while it is open.

    Raises
    ------
    ValueError
        The file ends in .zip and is not a zip file.
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

    Without the flag for UTF-8 names are read as code page 437, but macOS writes UTF-8,
    and some programs for Windows write backslashes.
    """
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")
