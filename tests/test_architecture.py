"""What may import what: no circles, layers, and packages that one folder imports.

Imports within functions and those for type checkers count as well.
"""

import re
from pathlib import Path

import pytest

import latentia

grimp = pytest.importorskip("grimp")

PACKAGE = Path(latentia.__file__).parent

# Upper layers use lower ones, never the other way round.
LAYERS = (
    {"cli"},
    {"demo"},
    {"report"},
    {"pages"},
    {"plots"},
    {"generative"},
    {"privacy"},
    {"evaluation", "recommend"},
    {"decomposition", "mixture"},
    {"rows"},
    {"_native"},
)

# Imports that close circles today. The list may only become shorter.
CIRCULAR: set[tuple[str, str]] = set()

# Who may import a package: modules whose names begin like that.
HOMES = {
    "dask": ("latentia.rows.dask",),
    "distributed": ("latentia.rows.dask",),
    "dp_accounting": ("latentia.privacy.accounting",),
    "h5py": ("latentia.rows.chunked",),
    "zarr": ("latentia.rows.chunked",),
    "opacus": ("latentia.generative.training.private_steps",),
    "torch": (
        "latentia._torch_state",
        "latentia.evaluation.features",
        "latentia.generative",
        "latentia.rows.torch",
    ),
}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph(
        "latentia",
        include_external_packages=True,
        exclude_type_checking_imports=False,
        cache_dir=None,
    )


def imports(graph):
    """Every import of one module of ours by another, without the benchmarks."""
    ours = [m for m in graph.modules if m.split(".")[0] == "latentia"]
    return {
        (importer, imported)
        for importer in ours
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith("latentia")
        and imported != importer
        and "latentia.benchmarks" not in (importer[:19], imported[:19])
    }


def circles(edges):
    """Return the modules from which a chain of imports leads back to themselves."""
    left = set(edges)
    while True:
        importers = {importer for importer, _ in left}
        imported = {module for _, module in left}
        kept = {(a, b) for a, b in left if a in imported and b in importers}
        if kept == left:
            return sorted(left)
        left = kept


def layer_of(module):
    part = module.split(".")[1] if "." in module else ""
    return next((i for i, layer in enumerate(LAYERS) if part in layer), None)


def test_circles_are_found():
    chain = {("a", "b"), ("b", "c"), ("d", "a"), ("c", "e")}
    assert circles(chain) == []
    assert circles(chain | {("c", "a")}) == [("a", "b"), ("b", "c"), ("c", "a")]


def test_no_import_leads_back_to_itself(graph):
    assert circles(imports(graph) - CIRCULAR) == []


@pytest.mark.parametrize("exception", sorted(CIRCULAR), ids=".".join)
def test_exceptions_are_needed(graph, exception):
    others = imports(graph) - (CIRCULAR - {exception})
    assert exception in circles(others), "no circle any more: delete it from the list"


def test_layers_use_lower_ones(graph):
    wrong = [
        (importer, imported)
        for importer, imported in sorted(imports(graph))
        if None not in (upper := layer_of(importer), lower := layer_of(imported))
        and importer.split(".")[1] != imported.split(".")[1]
        and upper >= lower
    ]
    assert wrong == []


@pytest.mark.parametrize("package", HOMES)
def test_packages_are_imported_where_they_belong(graph, package):
    """Also by name, as optional packages are."""
    by_name = re.compile(rf'\b(import_module|package|modules\.get)\("{package}\b')
    importing = {
        module
        for module in graph.modules
        if module.startswith("latentia")
        and package in graph.find_modules_directly_imported_by(module)
    }
    for path in PACKAGE.rglob("*.py"):
        if by_name.search(path.read_text()):
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            importing.add(".".join(("latentia", *parts)))
    importing = {m for m in importing if not m.startswith("latentia.benchmarks")}
    assert importing
    assert [m for m in sorted(importing) if not m.startswith(HOMES[package])] == []
