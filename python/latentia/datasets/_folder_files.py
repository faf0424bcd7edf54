"""Image files of a folder and their classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from latentia.datasets._zip_folder import ZipPath
from latentia.datasets.images import IMAGE_SUFFIXES

Place = Path | ZipPath
Skipped = list[tuple[Place, str]]

#: Endings of images and videos that are not supported.
_UNREAD_SUFFIXES = frozenset(
    {".apng", ".arw", ".cr2", ".cr3", ".dng", ".eps", ".exr", ".hdr", ".heic", ".heif"}
    | {".ico", ".jxl", ".mov", ".mp4", ".nef", ".orf", ".pcx", ".psd", ".raf", ".raw"}
    | {".svg", ".xcf"}
)

#: Names of sub-folders that are parts of a data set, not classes.
_PARTS = frozenset({"dev", "eval", "test", "train", "training", "testing"}) | {
    "val",
    "valid",
    "validation",
}


class FolderFiles(NamedTuple):
    """Content of a folder.

    Attributes
    ----------
    pictures : list of (Path or ZipPath, int)
        Files and the index of their class, 0 without classes.
    classes : tuple of str
        Names of sub-folders; empty if there are none with pictures.
    skipped : list of (Path or ZipPath, str)
        Images that are not read, and the reasons.
    """

    pictures: list[tuple[Place, int]]
    classes: tuple[str, ...]
    skipped: Skipped


def list_pictures(folder: Place) -> FolderFiles:
    """List the images of a folder by the rules of `load_image_folder`.

    Raises
    ------
    ValueError
        There are no images, or the folder has parts of a data set instead of classes.
    OSError
        The folder cannot be listed.
    """
    top = folder
    while True:
        loose, unread = _by_ending(_files(top))
        inside = {
            entry.name: _by_ending(_files_below(entry, set()))
            for entry in _entries(top)
            if entry.is_dir() and not entry.name.startswith(".")
        }
        unread += [file for _, others in inside.values() for file in others]
        classes = {name: files for name, (files, _) in inside.items() if files}
        if loose or len(classes) != 1:
            break
        # The folder contains only one folder of folders, which has the classes.
        (only,) = classes
        if _by_ending(_files(top / only))[0]:
            break
        top = top / only
    if not (loose or classes or unread):
        known = ", ".join(sorted(IMAGE_SUFFIXES))
        raise ValueError(f"{folder} must contain images (endings: {known})")
    if len(classes) > 1 and {name.lower() for name in classes} <= _PARTS:
        parts = " and ".join(str(top / name) for name in classes)
        raise ValueError(
            f"{folder} has parts of a data set, not classes: give one of {parts}"
        )
    skipped = [(file, f"{file.suffix} files are not read") for file in unread]
    if not classes:
        return FolderFiles([(file, 0) for file in loose], (), skipped)
    skipped += [
        (file, "outside the sub-folders that are the classes") for file in loose
    ]
    labelled = [
        (file, label) for label, files in enumerate(classes.values()) for file in files
    ]
    return FolderFiles(labelled, tuple(classes), skipped)


def _entries(folder: Place) -> list[Place]:
    entries: Iterable[Place] = folder.iterdir()
    return sorted(entries, key=lambda entry: entry.name)


def _files(folder: Place) -> Iterator[Place]:
    for entry in _entries(folder):
        if not entry.name.startswith(".") and entry.is_file():
            yield entry


def _files_below(folder: Place, seen: set[tuple[int, int]]) -> Iterator[Place]:
    """Yield the files of a folder, then those of its sub-folders, at any depth.

    A link to a folder is followed once, because links can be circular.
    """
    if isinstance(folder, Path):  # there are no links in a zip file
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
    yield from _files(folder)
    for entry in _entries(folder):
        if entry.is_dir() and not entry.name.startswith("."):
            yield from _files_below(entry, seen)


def _by_ending(files: Iterator[Place]) -> tuple[list[Place], list[Place]]:
    """Return the supported image files, and the unsupported ones."""
    read, unread = [], []
    for file in files:
        if file.suffix.lower() in IMAGE_SUFFIXES:
            read.append(file)
        elif file.suffix.lower() in _UNREAD_SUFFIXES:
            unread.append(file)
    return read, unread
