"""The results of a suite as JSON, and where its files go."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from latentia._files import replacing
from latentia.benchmarks.machine import Machine
from latentia.benchmarks.results import (
    BASELINE,
    Measures,
    MethodResult,
    Quantity,
    Results,
    Target,
)
from latentia.benchmarks.table import as_markdown

SCHEMA_VERSION = 2
"""Raised whenever a reader of the JSON file would have to change."""


def as_json(results: Results) -> str:
    """Render as JSON: every time, every quantity with its target, and the machine."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "suite": results.suite,
        "size": results.size,
        "date": results.date,
        "machine": asdict(results.machine),
        "quality": results.quality,
        "baseline": results.baseline,
        "methods": [
            {
                "case": result.case,
                "method": result.method,
                "times": result.times,
                "median": result.median if result.times else None,
                "measures": _json_quantities(result.measures),
            }
            for result in results.methods
        ],
        "limits": _json_quantities(results.limits),
        "notes": results.notes,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read(path: Path) -> Results:
    """Read what :func:`write` wrote as JSON; anything else is a ValueError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["schema_version"]
        if version == SCHEMA_VERSION:
            return _results(document)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} does not hold results of a suite") from error
    raise ValueError(
        f"{path} has schema version {version}; {SCHEMA_VERSION} can be read"
    )


def result_files(suite: str, size: str, folder: Path) -> tuple[Path, Path]:
    """Return where the results of a suite go: a JSON and a Markdown file."""
    return folder / f"{suite}-{size}.json", folder / f"{suite}-{size}.md"


def write(results: Results, folder: Path) -> tuple[Path, ...]:
    """Write ``SUITE-SIZE.json`` and ``SUITE-SIZE.md``, each atomically.

    Pictures become ``SUITE-SIZE-NAME.png``. The folder is made if it is missing; older
    results of the suite and size are replaced, and those of :func:`write_unfinished`
    removed. Returned are the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    json_file, markdown_file = result_files(results.suite, results.size, folder)
    replace_text(json_file, as_json(results))
    replace_text(markdown_file, as_markdown(results))
    pictures = []
    for name, content in results.pictures.items():
        pictures.append(folder / f"{markdown_file.stem}-{name}.png")
        with replacing(pictures[-1]) as temporary:
            temporary.write_bytes(content)
    unfinished_file(results.suite, results.size, folder).unlink(missing_ok=True)
    return json_file, markdown_file, *pictures


def unfinished_file(suite: str, size: str, folder: Path) -> Path:
    """Return where the results of the steps so far go, as JSON."""
    return folder / f"{suite}-{size}-unfinished.json"


def write_unfinished(results: Results, folder: Path) -> Path:
    """Write the JSON file of the steps so far, atomically, and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    file = unfinished_file(results.suite, results.size, folder)
    replace_text(file, as_json(results))
    return file


def replace_text(path: Path, text: str) -> None:
    """Give a file new content at once: a reader sees the old or the new."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _json_quantities(quantities: Measures) -> dict[str, Any]:
    return {
        name: {
            "value": quantity.value,
            "unit": quantity.unit,
            "bar": quantity.target and asdict(quantity.target),
            "met": quantity.met,
        }
        for name, quantity in quantities.items()
    }


def _quantities(document: dict[str, Any]) -> Measures:
    return {
        name: Quantity(q["value"], q["unit"], q["bar"] and Target(**q["bar"]))
        for name, q in document.items()
    }


def _results(document: dict[str, Any]) -> Results:
    plain = ("suite", "size", "date", "quality")
    return Results(
        **{name: document[name] for name in plain},
        machine=Machine(**document["machine"]),
        methods=tuple(
            MethodResult(
                case=method["case"],
                method=method["method"],
                times=tuple(method["times"]),
                measures=_quantities(method["measures"]),
            )
            for method in document["methods"]
        ),
        limits=_quantities(document["limits"]),
        notes=tuple(document["notes"]),
        # Files of before there was another
        baseline=document.get("baseline", BASELINE),
    )
