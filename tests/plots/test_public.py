"""The public functions: what they return, and that their parameters are documented."""

import inspect
import re

import pytest

pytest.importorskip("matplotlib")

from latentia import plots

HELPERS = {"Approximation", "png", "require_matplotlib", "theme"}
FIGURES = sorted(set(plots.__all__) - HELPERS)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_and_their_parameters_are_documented(name):
    function = getattr(plots, name)
    signature = inspect.signature(function)
    assert signature.return_annotation == "Figure"
    text = inspect.getdoc(function)
    for heading in ("Parameters", "Returns", "Raises"):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in text
    section = text.split("\nReturns\n")[0].split("\nParameters\n")[1]
    found = re.findall(r"^([\w, ]+) : ", section, flags=re.MULTILINE)
    documented = [parameter for names in found for parameter in names.split(", ")]
    assert documented == list(signature.parameters)


def test_the_overview_names_every_figure():
    assert [name for name in FIGURES if f"`{name}`" not in plots.__doc__] == []
