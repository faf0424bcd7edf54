"""Which files of a folder are pictures, and which class each belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from latentia.datasets._zip_folder import ZipPath
from latentia.datasets.images import IMAGE_SUFFIXES

Place = Path | ZipPath
Skipped = list[tuple[Place, str]]

#: Endings of pictures and films that are known, but not read.
_UNREAD_SUFFIXES = frozenset(
    {".apng", ".arw", ".cr2", ".cr3", ".dng", ".eps", ".exr", ".hdr", ".heic", ".heif"}
    | {".ico", ".jxl", ".mov", ".mp4", ".nef", ".orf", ".pcx", ".psd", ".raf", ".raw"}
    | {".svg", ".xcf"}
)

#: Names of sub-folders that hold parts of one data set, not classes.
_PARTS = frozenset({"dev", "eval", "test", "train", "training", "testing"}) | {
    "val",
    "valid",
    "validation",
}


class FolderFiles(NamedTuple):
    """What a folder holds.

    Attributes
    ----------
    pictures : list of (Path or ZipPath, int)
        Files and the index of their class, 0 without classes.
    classes : tuple of str
        Names of sub-folders; empty if there are none with pictures.
    skipped : list of (Path or ZipPath, str)
        Pictures that are not read, and why.
    """

    pictures: list[tuple[Place, int]]
    classes: tuple[str, ...]
    skipped: Skipped


def list_pictures(folder: Place) -> FolderFiles:
    """List the pictures of a folder; `load_image_folder` has the rules.

    Raises
    ------
    ValueError
        There are none, or the folder holds the parts of a data set instead of classes.
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
        # A folder with nothing but a folder of folders: the classes are further down.
        (only,) = classes
        if _by_ending(_files(top / only))[0]:
            break
        top = top / only
    if not (loose or classes or unread):
        known = ", ".join(sorted(IMAGE_SUFFIXES))
        raise ValueError(f"{folder}: holds no pictures (known endings: {known})")
    if len(classes) > 1 and {name.lower() for name in classes} <= _PARTS:
        parts = " and ".join(str(top / name) for name in classes)
        raise ValueError(
            f"{folder}: holds parts of a data set, not classes: give one of {parts}"
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
    """Give the files of a folder, then those of its sub-folders, at any depth.

    A link to a folder is followed, once: links may go round in circles.
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
    """Return the files that are read, and pictures that are not."""
    read, unread = [], []
    for file in files:
        if file.suffix.lower() in IMAGE_SUFFIXES:
            read.append(file)
        elif file.suffix.lower() in _UNREAD_SUFFIXES:
            unread.append(file)
    return read, unread
