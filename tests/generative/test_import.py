"""PyTorch is needed where images are generated, and loaded nowhere else."""

import subprocess
import sys

import pytest


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )


def test_latentia_does_not_load_torch():
    code = (
        "import sys, latentia, latentia.cli, latentia.datasets, latentia.mixture;"
        "sys.exit('torch' in sys.modules)"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_without_torch_the_extra_is_named(monkeypatch):
    for name in [n for n in sys.modules if n.startswith("latentia.generative")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "latentia\[generative\]"'):
        import latentia.generative  # noqa: F401
