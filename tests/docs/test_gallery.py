"""Every example of the gallery runs, and draws a figure."""

import pytest

from .conftest import ROOT

EXAMPLES = sorted((ROOT / "docs" / "gallery").glob("plot_*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example, tmp_path, monkeypatch):
    for package in ("matplotlib", "PIL", "torch", "dask", "dp_accounting"):
        pytest.importorskip(package)
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", lambda: None)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    exec(compile(example.read_text(encoding="utf-8"), str(example), "exec"), names)
    assert any(isinstance(value, Figure) for value in names.values())
    plt.close("all")
