"""Every public name has an example in its docstring, and the examples run."""

import doctest
import inspect
import io
import warnings
from importlib import import_module

import pytest

PUBLIC = [
    "latentia",
    "latentia.compression",
    "latentia.datasets",
    "latentia.decomposition",
    "latentia.evaluation",
    "latentia.generative",
    "latentia.mixture",
    "latentia.pages",
    "latentia.plots",
    "latentia.privacy",
    "latentia.recommend",
    "latentia.report",
    "latentia.rows",
]
WITH_TORCH = {"latentia.generative", "latentia.report"}
WARNS = {"audit_by_shadow_models"}  # its example has few images, to be fast

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public_things(module: str) -> dict[str, object]:
    """Return the classes and functions of a module that have no other home."""
    if module in WITH_TORCH:
        pytest.importorskip("torch")
    found = import_module(module)
    above = set() if module == "latentia" else set(import_module("latentia").__all__)
    things = {name: getattr(found, name) for name in found.__all__}
    return {
        name: thing
        for name, thing in things.items()
        if (inspect.isclass(thing) or inspect.isfunction(thing))
        and (name not in above or thing is not getattr(import_module("latentia"), name))
    }


def run(name: str, thing: object) -> str:
    """Run the examples of a docstring; return what failed."""
    examples = doctest.DocTestParser().get_doctest(
        inspect.getdoc(thing) or "", {}, name, None, 0
    )
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if name in WARNS else "error")
        runner.run(examples, out=report.write)
    if not any(e.want or e.source for e in examples.examples):
        return f"{name}: no example\n"
    return report.getvalue()


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_has_examples_that_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failures = [run(name, thing) for name, thing in public_things(module).items()]
    assert not any(failures), "".join(failures)
