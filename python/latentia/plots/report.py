"""A report: sections of prose, tables and pictures, written as one web page.

A section is plain data. Whatever has something to show returns a :class:`Section`; how
it looks is decided in ``page.py`` and ``page.css``, and where it goes here.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from latentia._files import check_link, naming
from latentia.plots.document import Document
from latentia.plots.page import render
from latentia.plots.theme import png

PAGE_NAME = "report.html"


class Report(Document):
    """Sections that are written as a self-contained page, which opens offline.

    Attributes
    ----------
    title, lead, colophon, sections
        As of ``Document``.
    """

    def write(self, folder: Path, *, force: bool = False) -> Path:
        """Write ``report.html``, pictures embedded, and each picture as a PNG file.

        A new folder appears complete or not at all. In an existing one, files of
        the same names are replaced one by one, the page last; others are not touched.

        Parameters
        ----------
        folder : Path
            Created if missing, with its parents.
        force : bool, default=False
            Write into an existing folder too, even if it has files in it.

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
        """
        refuse_to_overwrite(folder, force=force)
        given, folder = folder, folder.resolve()
        images = {p.name: png(p.figure) for s in self.sections for p in s.pictures}
        files = {f"{name}.png": image for name, image in images.items()}
        files[PAGE_NAME] = render(self, images).encode()

        exists = folder.exists()
        # Beside the target or inside it: a rename works within one file system only.
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
    """Raise unless a report may be written to ``folder``: ask before long work.

    Raises
    ------
    FileExistsError
        If ``folder`` has files in it and ``force`` is not set.
    NotADirectoryError
        If ``folder`` is a file.
    OSError
        If ``folder`` is a symbolic link to nothing.
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
