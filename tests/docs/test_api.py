"""Every public name has a page, and an example in its docstring that runs."""

import doctest
import inspect
import io
import re
import warnings
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "api"

PUBLIC = [
    "latentia",
    "latentia.compression",
    "latentia.datasets",
    "latentia.decomposition",
    "latentia.evaluation",
    "latentia.evaluation.features",
    "latentia.generative",
    "latentia.mixture",
    "latentia.pages",
    "latentia.plots",
    "latentia.privacy",
    "latentia.recommend",
    "latentia.report",
    "latentia.rows",
]
WITH_TORCH = {"latentia.evaluation.features", "latentia.generative", "latentia.report"}
WARNS = {"audit_by_shadow_models"}  # its example has few images, to be fast

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public_names(module: str) -> list[str]:
    """Return the public names of a module that are not those of latentia itself."""
    if module in WITH_TORCH:
        pytest.importorskip("torch")
    found, top = import_module(module), import_module("latentia")
    return [
        name
        for name in found.__all__
        if found is top or getattr(found, name) is not getattr(top, name, None)
    ]


def is_type(thing: object) -> bool:
    """Whether it is the name of a type, such as Array | Csr: without a docstring."""
    return not (inspect.isclass(thing) or inspect.isfunction(thing))


def run(name: str, thing: object) -> str:
    """Run the examples of a docstring; return what is wrong with them."""
    examples = doctest.DocTestParser().get_doctest(
        inspect.getdoc(thing) or "", {}, name, None, 0
    )
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if name in WARNS else "error")
        runner.run(examples, out=report.write)
    if not examples.examples:
        return f"{name}: no example\n"
    return report.getvalue()


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_has_examples_that_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    things = {
        name: getattr(import_module(module), name) for name in public_names(module)
    }
    failures = [
        run(name, thing) for name, thing in things.items() if not is_type(thing)
    ]
    assert not any(failures), "".join(failures)


def names_on_pages() -> list[str]:
    """Return the full names in the lists of the API pages."""
    names = []
    for page in sorted(PAGES.glob("*.rst")):
        module, in_list = "", False
        for line in page.read_text(encoding="utf-8").splitlines():
            directive = re.fullmatch(r"\.\. (\S+):: *(.*)", line)
            if directive:
                in_list = directive[1] == "autosummary"
                if directive[1] == "currentmodule":
                    module = directive[2]
                if directive[1] == "py:data":
                    names.append(f"{module}.{directive[2]}")
            elif in_list and re.fullmatch(r"   \w+", line):
                names.append(f"{module}.{line.strip()}")
    return names


@pytest.mark.skipif(not PAGES.exists(), reason="the pages are not in the wheel")
def test_every_public_name_is_on_one_page():
    public = [f"{module}.{name}" for module in PUBLIC for name in public_names(module)]
    times = Counter(names_on_pages())
    times.subtract(public)
    assert {name: n for name, n in times.items() if n} == {}  # too often, or missing


@pytest.mark.skipif(not PAGES.exists(), reason="the pages are not in the wheel")
def test_types_have_an_example_that_runs():
    rows = import_module("latentia.rows")
    page = (PAGES / "rows.rst").read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(page, {}, "rows.rst", None, 0)
    code = "".join(example.source for example in examples.examples)
    types = {name for name in rows.__all__ if is_type(getattr(rows, name))}
    assert all(re.search(rf"\b{name}\b", code) for name in types)
    assert doctest.DocTestRunner(optionflags=FLAGS).run(examples).failed == 0


CHECKS = {
    *("GL01", "GL02", "GL03", "GL05", "GL06", "GL07", "GL09", "GL10"),  # layout
    *("SS02", "SS03", "SS04", "SS06", "ES02", "EX01"),  # summary, example
    *("PR01", "PR02", "PR05", "PR06", "PR09", "PR10", "RT01", "RT05"),  # in and out
}
"""Checks of numpydoc that have a use here.

Not among them are "See Also" sections, and the form of types and of short descriptions.
"""


@pytest.mark.parametrize("module", PUBLIC)
def test_docstrings_have_the_form_of_numpydoc(module):
    validate = pytest.importorskip("numpydoc.validate").validate
    found = []
    for name in public_names(module):
        thing = getattr(import_module(module), name)
        if is_type(thing):
            continue
        # Results document their attributes, and ConditionalGAN only what GAN has not.
        checks = CHECKS - {"PR01"} if inspect.isclass(thing) else CHECKS
        errors = validate(f"{module}.{name}")["errors"]
        found += [f"{name}: {text}" for code, text in errors if code in checks]
    assert not found, "\n".join(found)
