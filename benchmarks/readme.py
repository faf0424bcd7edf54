"""Put the newest tables into pages: ``python -m latentia.benchmarks.readme``.

A page marks where they go, each kind at most once, with two comments of HTML:
``<!-- tables -->`` and ``<!-- /tables -->`` around the whole tables of all suites,
``<!-- short tables -->`` and ``<!-- /short tables -->`` around a short one of each,
``<!-- headlines -->`` and ``<!-- /headlines -->`` around one table of a few results.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from latentia.benchmarks import SUITES
from latentia.benchmarks.files import read, replace_text, result_files
from latentia.benchmarks.headlines import as_headlines
from latentia.benchmarks.results import Results
from latentia.benchmarks.table import as_markdown, as_short_markdown

_USAGE = "usage: python -m latentia.benchmarks.readme RESULTS_FOLDER PAGE.md ..."


def newest(folder: Path) -> list[Results]:
    """Read the full results of every suite that has any, in the order of ``SUITES``."""
    files = [result_files(suite, "full", folder)[0] for suite in SUITES]
    found = [read(path) for path in files if path.exists()]
    if not found:
        names = ", ".join(path.name for path in files)
        raise ValueError(f"{folder} must hold at least one of {names}")
    return found


def refresh(page: Path, results: Sequence[Results]) -> None:
    """Replace what stands between the markers of a page, each pair once."""
    tables: dict[str, Callable[[], list[str]]] = {
        "tables": lambda: [as_markdown(one) for one in results],
        "short tables": lambda: [as_short_markdown(one) for one in results],
        "headlines": lambda: [as_headlines(results)],
    }
    markers = {kind: (f"<!-- {kind} -->", f"<!-- /{kind} -->") for kind in tables}
    text = page.read_text(encoding="utf-8")
    marked = [kind for kind, pair in markers.items() if any(m in text for m in pair)]
    if not marked:
        names = " or ".join(begin for begin, _ in markers.values())
        raise ValueError(f"{page} has no markers {names}")
    for kind in marked:
        begin, end = markers[kind]
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found or begin in rest or end in before + after:
            raise ValueError(f"{page} must hold {begin} and then {end}, each once")
        inside = "\n".join(tables[kind]())
        text = f"{before}{begin}\n\n{inside}\n{end}{after}"
    replace_text(page, text)


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
