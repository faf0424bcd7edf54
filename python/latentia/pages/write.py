"""Writes a page and its pictures into a folder, completely or not at all."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from latentia._files import check_link, naming
from latentia.pages.document import Document
from latentia.pages.html import render
from latentia.plots import png

PAGE_NAME = "report.html"


def write_page(
    document: Document,
    folder: Path,
    *,
    force: bool = False,
    drawn: dict[str, bytes] | None = None,
) -> Path:
    """Write ``report.html`` with its pictures inside, and each picture as a PNG file.

    The page is self-contained and opens offline. A new folder appears complete or not
    at all. In an existing folder, files of the same names are replaced one by one, the
    page last; other files are not touched.

    Parameters
    ----------
    document : Document
    folder : Path
        Created if missing, with its parents.
    force : bool, default=False
        Write into an existing folder too, even if it has files in it.
    drawn : dict of str to bytes, optional
        PNG files of pictures by name. Those that are missing are drawn and added, so
        that a page that is written several times draws each picture once.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    FileExistsError
        If ``folder`` has files in it and ``force`` is not set.
    NotADirectoryError
        If ``folder`` is a file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from latentia.pages import Document, Section, write_page
    >>> document = Document("Digits").add(Section("Size", prose=["1797 images."]))
    >>> with TemporaryDirectory() as folder:
    ...     print(write_page(document, Path(folder) / "page").name)
    report.html
    """
    refuse_to_overwrite(folder, force=force)
    given, folder = folder, folder.resolve()
    drawn = {} if drawn is None else drawn
    images = {}
    for picture in (p for s in document.sections for p in s.pictures):
        if picture.name not in drawn:
            drawn[picture.name] = png(picture.figure)
        images[picture.name] = drawn[picture.name]
    files = {f"{name}.png": image for name, image in images.items()}
    files[PAGE_NAME] = render(document, images).encode()

    exists = folder.exists()
    # Next to the target or inside it: a rename works within one file system only.
    staging = (folder if exists else folder.parent) / f".{secrets.token_hex(8)}"
    staging.mkdir(parents=True)
    try:
        with naming(given, instead_of=staging):
            for name, content in files.items():
                (staging / name).write_bytes(content)
            if exists:
                for name in files:
                    (staging / name).replace(folder / name)
            else:
                staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder / PAGE_NAME


def refuse_to_overwrite(folder: Path, *, force: bool) -> None:
    """Raise unless a page may be written to ``folder``: to be asked before long work.

    Parameters
    ----------
    folder : Path
    force : bool
        Whether a folder with files in it may be written to.

    Raises
    ------
    FileExistsError
        If ``folder`` has files in it and ``force`` is not set.
    NotADirectoryError
        If ``folder`` is a file.
    OSError
        If ``folder`` is a symbolic link to nothing.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from latentia.pages import refuse_to_overwrite
    >>> with TemporaryDirectory() as folder:
    ...     refuse_to_overwrite(Path(folder), force=False)  # it is empty
    """
    check_link(folder)
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file, not a folder for a report")
    if not force and any(folder.iterdir()):
        raise FileExistsError(
            f"{folder} is not empty: choose another folder, or force to overwrite"
        )
