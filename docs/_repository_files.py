"""Pages that are Markdown files of the repository, with links that work in both.

``CONTRIBUTING.md`` is written for a reader of the repository, and a page includes it.
Its links are relative to where the file is. Here they are resolved from there: a file
that has a page becomes a link to the page, and of a link to any other file of the
repository only the text is left.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
GALLERY = ROOT / "docs" / "gallery"

PAGES = {
    "CHANGELOG.md": "more/changelog.md",
    "CONTRIBUTING.md": "more/contributing.md",
    "README.md": "index.md",
    "benchmarks/README.md": "benchmarks.md",
    "cpp/kernels/README.md": "how_it_works/kernels.md",
    "python/latentia/generative/README.md": "how_it_works/training.md",
}
"""Files outside of docs/, and the page in docs/ that includes each."""

_INCLUDE = re.compile(r"```\{include\} (\S+)\n```\n")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def rewrite_links(text: str, written_in: Path, page: Path) -> str:
    """Return the text of a file with its links to files as seen from a page.

    Links that lead to no file are left for MyST to resolve, or to warn of.
    """

    def rewritten(link: re.Match[str]) -> str:
        image, label, target, anchor = link.groups()
        path = Path(os.path.normpath(written_in.parent / target))
        if not path.exists():
            return link[0]
        named = PAGES.get(path.relative_to(ROOT).as_posix())
        path = ROOT / "docs" / named if named else path
        if path.parent == GALLERY:  # an example: the page that is made of it
            path = GALLERY.parent / "auto_gallery" / f"{path.stem}.rst"
        if not image and not path.is_relative_to(ROOT / "docs"):
            return label
        seen_from_page = Path(os.path.relpath(path, page.parent)).as_posix()
        return f"{image}[{label}]({seen_from_page}{anchor or ''})"

    return _LINK.sub(rewritten, text)


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Include files of the repository in a page, and resolve the links of both."""
    page = Path(app.env.doc2path(name))
    if page.suffix != ".md":
        return

    def included(include: re.Match[str]) -> str:
        path = (page.parent / include[1]).resolve()
        app.env.note_dependency(str(path))
        return rewrite_links(path.read_text(encoding="utf-8"), path, page)

    own = rewrite_links(source[0], page, page)
    source[0] = _INCLUDE.sub(included, own)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", read_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
