"""What is imported when: `import latentia` and help texts need no library."""

import ast
import inspect
import os
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from joblib import Parallel, delayed

import latentia
from latentia.cli import COMMANDS, options

SLOW = {
    *("dask", "distributed", "h5py", "joblib", "lightning_fabric", "matplotlib"),
    *("numpy", "onnx", "pandas", "PIL", "pyarrow", "safetensors", "scipy", "sklearn"),
    *("torch", "zarr"),
}
PACKAGES = [
    "latentia",
    "latentia.datasets",
    "latentia.decomposition",
    "latentia.generative",
]


def slow_after(code, *arguments):
    """Return the output of some code, and which slow libraries are imported then."""
    last = f"\nimport sys\nprint(*{SLOW} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code + last, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *text, found = done.stdout.splitlines()
    return "\n".join(text), set(found.split())


@pytest.fixture(params=PACKAGES)
def package(request):
    if request.param == "latentia.generative":
        pytest.importorskip("torch")
    return import_module(request.param)


def test_packages_import_no_library():
    """Nor does PyTorch come before a network is used."""
    code = "import latentia; dir(latentia); import latentia.generative"
    assert slow_after(code)[1] == set()


CALLS = [["--help"], ["--version"], [], ["sdv"], *([n, "--help"] for n in COMMANDS)]
# Each call in a child of a process that has imported the command and nothing else.
RUN = """
import ast, os, sys, traceback
import rich.console, rich.markdown, rich.table, typer.rich_utils  # once for all
import latentia.cli

calls, slow = map(ast.literal_eval, sys.argv[1:])
for arguments in calls:
    sys.stdout.flush()
    if os.fork() == 0:
        sys.argv = ["latentia", *arguments]
        print("==", " ".join(arguments))
        try:
            latentia.cli.main()
        except SystemExit:
            pass
        except BaseException:
            traceback.print_exc()
        print("imported:", *slow & sys.modules.keys(), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_help_imports_no_library(case):
    done = subprocess.run(
        [sys.executable, "-c", RUN, repr(CALLS), repr(SLOW)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr
    found = done.stdout.split("== ")[1:]
    for arguments, said in zip(CALLS, found, strict=True):
        with case(arguments=arguments):
            first, *text, imported = said.rstrip("\n").split("\n")
            assert first == " ".join(arguments)
            assert imported == "imported:"
            if arguments == ["--version"]:
                assert text == [f"latentia {latentia.__version__}"]
            elif arguments != ["sdv"]:
                assert "Usage:" in "\n".join(text)


def test_a_decomposition_imports_no_network_and_no_pictures():
    """In one process, whose start takes a second; packages inside are attributes."""
    code = """
import latentia
print(latentia.rows.open, latentia.recommend.split, latentia.evaluation.evaluate)
from latentia import *
from latentia import cli, datasets, mixture, report, rows
from latentia.benchmarks import SUITES, compression
"""
    text, found = slow_after(code)
    assert text.count("function") == 3
    unwanted = {"torch", "matplotlib", "PIL", "dask", "h5py", "zarr"}
    assert found & unwanted == set()
    assert {"numpy", "sklearn"} <= found


# The names of a package.


def test_every_name_is_there(package):
    names = package.__all__
    assert sorted(set(names)) == sorted(names)
    assert {*names} <= {*dir(package)}
    code = f"from {package.__name__} import *\nassert {{*{names}}} <= {{*globals()}}"
    exec(code, {})
    for name in names:
        found = getattr(package, name)
        assert found is vars(package)[name]
        assert not inspect.ismodule(found)


def test_type_checkers_see_the_same_names(package):
    tree = ast.parse(Path(package.__file__).read_text())
    block = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    (call,) = (node.value for node in block.orelse if isinstance(node, ast.Assign))
    seen = {
        node.module: {alias.name for alias in node.names}
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }
    made = {m: {*names} for m, names in ast.literal_eval(call.args[1]).items()}
    assert made == seen
    # A file of the same name would take the place of what is in it.
    folder = Path(package.__file__).parent
    files = {path.stem for path in folder.iterdir()}
    assert files.isdisjoint(set().union(*seen.values()))


def test_other_names_are_no_attributes():
    with pytest.raises(ImportError, match="nothing"):
        exec("from latentia import nothing")


def test_a_wrong_name_is_corrected():
    assert not hasattr(latentia, "TruncatdSVD")
    with pytest.raises(AttributeError, match="'latentia' has no") as caught:
        latentia.TruncatdSVD  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("TruncatdSVD", latentia)
    command = [sys.executable, "-c", "import latentia; latentia.TruncatdSVD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.rstrip().endswith("Did you mean: 'TruncatedSVD'?")


def test_estimators_go_to_other_processes():
    pca = latentia.PCA(2, random_state=0)
    assert type(pickle.loads(pickle.dumps(pca))) is latentia.PCA
    code = (
        "import pickle, sys\n"
        f"found = pickle.loads({pickle.dumps(pca)!r})\n"
        "import latentia\n"
        "assert type(found) is latentia.PCA\n"
    )
    slow_after(code)
    jobs = Parallel(n_jobs=2)(delayed(latentia.n_threads)(n) for n in (1, 2, 3))
    assert jobs in ([1, 2, 3], [1, 1, 1])


# The words of the command.


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_help_says(name):
    command = getattr(import_module(f"latentia.cli.{name}"), name)
    first = inspect.getdoc(command).split("\n\n")[0]
    assert " ".join(first.split()) == COMMANDS[name]


def test_options_name_what_there_is():
    from latentia.benchmarks import SUITES
    from latentia.compression.compressed import SUFFIX
    from latentia.datasets import animations

    assert tuple(SUITES) == options.SUITE_NAMES
    assert options.COMPRESSED == SUFFIX
    assert options.ANIMATIONS == animations.SUFFIXES
    assert options.FPS == animations.FPS
