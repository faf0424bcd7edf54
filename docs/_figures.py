"""Pictures of the documentation: those of the gallery, and one for each plot function.

The functions of ``latentia.plots`` return figures that pyplot does not know of.
"""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx_gallery.scrapers import figure_rst

from latentia import plots

FOLDER = "api/generated/figures"


def scrape_figures(block: Any, found: Mapping[str, Any], gallery: Any) -> str:
    """Save the figures that a block of an example made, and return their reST.

    The scraper of pyplot has those that have a number.
    """
    paths = []
    for figure in list(found["example_globals"].values()):
        if not isinstance(figure, Figure) or hasattr(figure, "number"):
            continue
        if not hasattr(figure, "in_the_gallery"):
            figure.in_the_gallery = True  # type: ignore[attr-defined]
            path = Path(next(found["image_path_iterator"]))
            path.write_bytes(plots.png(figure))
            paths.append(str(path))
    return str(figure_rst(paths, gallery["src_dir"]))


def draw_examples(app: Sphinx) -> None:
    """Run the examples of the plot functions, and save their figures."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in plots.__all__:
        names: dict[str, Any] = {}
        docstring = inspect.getdoc(getattr(plots, name)) or ""
        examples = doctest.DocTestParser().get_examples(docstring)
        exec("".join(example.source for example in examples), names)
        if "figure" in names:
            picture = plots.png(names["figure"])
            (folder / f"latentia.plots.{name}.png").write_bytes(picture)


def show_example(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Add the figure of the example to the docstring of a plot function."""
    file = f"{FOLDER}/{name}.png"
    if (Path(app.srcdir) / file).exists():
        title = name.rpartition(".")[2]
        lines += ["", f".. image:: /{file}", f"   :alt: Example of {title}", ""]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", draw_examples)
    after_numpydoc = 900
    app.connect("autodoc-process-docstring", show_example, after_numpydoc)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
