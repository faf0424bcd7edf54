"""Put the newest tables into pages: ``python -m latentia.benchmarks.readme``.

A page marks where they go, each kind at most once, with two comments of HTML:
``<!-- tables -->`` and ``<!-- /tables -->`` around the whole tables of all suites,
``<!-- short tables -->`` and ``<!-- /short tables -->`` around a short one of each.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from latentia.benchmarks import SUITES
from latentia.benchmarks.files import read, replace_text, result_files
from latentia.benchmarks.results import Results
from latentia.benchmarks.table import as_markdown, as_short_markdown

_MORE = "All methods, bars and limits: [benchmarks/README.md](benchmarks/README.md).\n"
_USAGE = "usage: python -m latentia.benchmarks.readme RESULTS_FOLDER PAGE.md ..."


def newest(folder: Path) -> list[Results]:
    """Read the full results of every suite that has any in a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Results
        In the order of ``SUITES``.

    Raises
    ------
    ValueError
        If there are none, or a file of such a name does not hold results.
    OSError
        If a file cannot be read.
    """
    files = [result_files(suite, "full", folder)[0] for suite in SUITES]
    found = [read(path) for path in files if path.exists()]
    if not found:
        names = ", ".join(path.name for path in files)
        raise ValueError(f"{folder} must hold at least one of {names}")
    return found


def refresh(page: Path, results: Sequence[Results]) -> None:
    """Replace what stands between the markers of a page.

    Parameters
    ----------
    page : Path
    results : sequence of Results

    Raises
    ------
    ValueError
        If the page has no markers, or one without its other half or twice.
    OSError
        If the page cannot be read or written.
    """
    tables = {
        "tables": [as_markdown(one) for one in results],
        "short tables": [*(as_short_markdown(one) for one in results), _MORE],
    }
    text = page.read_text(encoding="utf-8")
    marked = [kind for kind in tables if _begin(kind) in text or _end(kind) in text]
    if not marked:
        raise ValueError(f"{page} has no markers {' or '.join(map(_begin, tables))}")
    for kind in marked:
        before, begin, rest = text.partition(_begin(kind))
        _, end, after = rest.partition(_end(kind))
        if not end or begin in rest or end in before + after:
            raise ValueError(
                f"{page} must hold {_begin(kind)} and then {_end(kind)}, each once"
            )
        inside = "\n".join(tables[kind])
        text = f"{before}{begin}\n\n{inside}\n{end}{after}"
    replace_text(page, text)


def _begin(kind: str) -> str:
    return f"<!-- {kind} -->"


def _end(kind: str) -> str:
    return f"<!-- /{kind} -->"


def main(arguments: list[str]) -> int:
    """Refresh pages from a folder of results: ``RESULTS_FOLDER PAGE.md …``."""
    if len(arguments) < 2:
        print(_USAGE)
        return 2
    results = newest(Path(arguments[0]))
    for page in arguments[1:]:
        refresh(Path(page), results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
