import importlib
import subprocess
import sys
import threading

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from latentia.plots import png, require_matplotlib, spectrum, theme

# The package exports a function of the same name.
theme_module = importlib.import_module("latentia.plots.theme")


def test_theme_restores_every_setting() -> None:
    before = dict(matplotlib.rcParams)
    with theme():
        assert dict(matplotlib.rcParams) != before
    assert dict(matplotlib.rcParams) == before


def test_theme_restores_every_setting_after_an_error() -> None:
    before = dict(matplotlib.rcParams)
    with pytest.raises(RuntimeError), theme():
        raise RuntimeError
    assert dict(matplotlib.rcParams) == before


def test_matplotlib_is_imported_to_draw_and_pyplot_never() -> None:
    code = (
        "import sys, latentia.plots as p; assert 'matplotlib' not in sys.modules; "
        "p.png(p.spectrum([2, 1])); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_callers_settings_do_not_leak_into_pictures() -> None:
    plain = png(spectrum([2, 1]))
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 20}):
        assert png(spectrum([2, 1])) == plain


def test_missing_matplotlib_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme_module, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install matplotlib pillow"):
        require_matplotlib()
    with pytest.raises(ImportError, match=r"pip install matplotlib pillow"):
        spectrum([2, 1])


def test_png_is_a_png_of_the_figures_size() -> None:
    image = png(Figure(figsize=(3, 2)))
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(image[16:20], "big")
    height = int.from_bytes(image[20:24], "big")
    assert (width, height) == (600, 400)


def test_signed_colours_rise_in_lightness() -> None:
    red, green, blue, _ = theme_module.signed_colours()(np.linspace(0, 1, 65)).T
    lightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert np.all(np.diff(lightness) > 0)


def test_threads_that_draw_at_once_leave_the_settings() -> None:
    before = dict(matplotlib.rcParams)
    inside, may_leave = threading.Event(), threading.Event()

    def draw() -> None:
        with theme():
            inside.set()
            may_leave.wait(10)

    first = threading.Thread(target=draw)
    first.start()
    inside.wait(10)
    second = threading.Thread(target=lambda: png(spectrum([2, 1])))
    second.start()
    may_leave.set()
    first.join()
    second.join()
    assert dict(matplotlib.rcParams) == before
