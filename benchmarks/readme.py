"""Put the newest table into a page: ``python -m latentia.benchmarks.readme``."""

import sys
from pathlib import Path

from latentia.benchmarks.table import replace_text

BEGIN, END = "<!-- table -->", "<!-- /table -->"


def refresh(page: Path, table: str) -> None:
    """Replace what stands between the two markers of a page.

    Parameters
    ----------
    page : Path
        Holds each of ``<!-- table -->`` and ``<!-- /table -->`` once, in this order.
    table : str

    Raises
    ------
    ValueError
        If the markers are not there as they should be.
    OSError
        If the page cannot be read or written.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or BEGIN in rest or END in before + after:
        raise ValueError(f"{page} must hold {BEGIN} and then {END}, each once")
    replace_text(page, f"{before}{begin}\n\n{table.strip()}\n\n{end}{after}")


def main(arguments: list[str]) -> int:
    """Refresh pages from a Markdown file that a suite wrote: ``TABLE.md PAGE.md …``."""
    if len(arguments) < 2:
        print("usage: python -m latentia.benchmarks.readme TABLE.md PAGE.md ...")
        return 2
    table = Path(arguments[0]).read_text(encoding="utf-8")
    for page in arguments[1:]:
        refresh(Path(page), table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
