"""Names of users in pictures: letters of any script, and no formulas."""

import warnings

import pytest

pytest.importorskip("matplotlib")

from latentia.plots.log_scale import set_log_scale
from latentia.plots.theme import new_figure, png, theme


@pytest.mark.parametrize("name", [r"$\frac{$", "$5 and $6", "किताब", "CON", "e\u0301"])
def test_any_name_is_drawn_as_it_is(name):
    with theme(), warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = new_figure(2, 2)
        text = figure.add_subplot().set_title(name)
    assert png(figure)
    assert text.get_text() == name
    assert not text.get_parse_math()


def test_letters_that_the_first_font_lacks_are_looked_for_in_others(monkeypatch):
    from matplotlib import rcParams
    from matplotlib.font_manager import FontEntry, fontManager

    entry = FontEntry(fname="none.ttf", name="Noto Sans Devanagari")
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist, entry])
    with theme():
        fonts = rcParams["font.family"]
    assert fonts.index("DejaVu Sans") < fonts.index("Noto Sans Devanagari")
    assert "Hiragino Sans" not in fonts


def test_signs_that_the_first_font_lacks_are_drawn_in_another():
    with theme(), warnings.catch_warnings():
        warnings.simplefilter("error")  # as of a glyph that is missing
        figure = new_figure(2, 2)
        figure.add_subplot().set_title("10⁻³ ≈ ½ σ")
        figure.canvas.draw()


def test_powers_beside_a_logarithmic_axis():
    with theme():
        figure = new_figure(3, 3)
        axes = figure.add_subplot()
        axes.plot([1, 2], [1e-3, 1e4])
        set_log_scale(axes)
    figure.canvas.draw()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert "10⁻³" in labels
    assert not any("$" in label for label in labels)
