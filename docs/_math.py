"""Formulas as MathML, which browsers draw themselves: no script, no download."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def _write(self: Any, node: nodes.Element, *, as_block: bool) -> None:
    formula = node.astext().replace(r"\dots", r"\ldots")
    try:
        self.body.append(latex2mathml.tex2mathml(formula, as_block=as_block))
    except MathError as error:
        logger.warning("%s in %s", error, formula, location=node)
    raise nodes.SkipNode


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write a formula in a line."""
    _write(self, node, as_block=False)


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula of its own."""
    self.body.append('<div class="formula">')
    try:
        _write(self, node, as_block=True)
    finally:
        self.body.append("</div>")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer, for ``html_math_renderer``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
