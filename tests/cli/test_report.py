"""`latentia report`: a page about a trained model, one-line errors."""

import sys

import numpy as np
import pytest

pytest.importorskip("torch")

import latentia.report
from latentia.datasets import load_digits
from latentia.generative import GAN


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    options = {"preset": "tiny", "batch_size": 40, "random_state": 0}
    GAN(**options).fit(load_digits().images[:40], epochs=1).save(folder)
    return folder


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "digits.npy"
    np.save(path, load_digits().images[:40])
    return path


def test_writes_a_page(run, model, data, tmp_path, monkeypatch):
    given = {}

    def write(*arguments, **options):
        given.update(options, arguments=arguments)
        return options["out"] / "report.html"

    monkeypatch.setattr(latentia.report, "write_report", write)
    out = tmp_path / "out"
    code, text, err = run("report", model, "--data", data, "-o", out, "--seed", 3)
    assert (code, err) == (0, "")
    assert text == f"open {out / 'report.html'}\n"
    path, images, labels = given.pop("arguments")
    assert (path, labels) == (model, None)
    np.testing.assert_array_equal(images, np.load(data))
    expected = {"out": out, "unseen": None, "audit": None, "seed": 3, "force": False}
    assert given == expected


def test_earlier_reports_are_kept_without_force(run, tmp_path):
    (tmp_path / "report.html").write_text("precious")
    # Before it looks for model and data.
    code, _, err = run("report", "missing", "--data", "missing", "-o", tmp_path)
    assert (code, "is not empty" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "says"),
    [("missing.npy", "no file"), ("wide.npy", "those of the model (8, 8)")],
)
def test_bad_data_is_one_line(run, model, tmp_path, name, says):
    np.save(tmp_path / "wide.npy", np.zeros((20, 8, 9), np.uint8))
    out = tmp_path / "out"
    code, _, err = run("report", model, "--data", tmp_path / name, "-o", out)
    assert code == 2
    assert says in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not out.exists()


def test_without_torch_the_extra_is_named(run, data, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("latentia.gener")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, _, err = run("report", tmp_path, "--data", data, "-o", tmp_path / "out")
    assert code == 2
    assert "pip install torch " in err
