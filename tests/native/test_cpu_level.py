"""One module for each CPU level: all that this machine has must pass the same tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import latentia
from latentia import _native
from latentia._native import _cpu_level, available_levels, kernels

LEVELS = available_levels()
VECTOR_BYTES = {"v2": 16, "v3": 32, "v4": 64}
KERNEL_TESTS = [
    "products",
    "gram",
    "summary",
    "mixture",
    "nmf",
    "nmf_divergence",
    "random",
    "als",
    "ranking",
]


def python_at(level, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"LATENTIA_CPU_LEVEL": level},
    )


def test_the_best_level_is_the_default():
    assert sorted(LEVELS, reverse=True) == LEVELS
    assert kernels.level == (os.environ.get("LATENTIA_CPU_LEVEL") or LEVELS[0])
    assert latentia.cpu_level() == kernels.level
    assert isinstance(kernels.eigen(), str)


ONLY_ONE = pytest.mark.skip("one level is built: LATENTIA_LEVELS=all builds the others")
OTHERS = [x for x in LEVELS if x != kernels.level] or [
    pytest.param(None, marks=ONLY_ONE)
]


@pytest.mark.parametrize("level", OTHERS)
def test_the_level_that_is_asked_for(level):
    show = "from latentia._native import kernels as k; print(k.level, k.vector_bytes)"
    done = python_at(level, "-c", show)
    assert done.stdout.split() == [level, str(VECTOR_BYTES.get(level, 16))], done.stderr


@pytest.mark.slow  # .ci/run asks for them
@pytest.mark.parametrize("level", OTHERS)
def test_kernels_at_another_level(level):
    here = Path(__file__).parent
    files = [str(here / f"test_{name}.py") for name in KERNEL_TESTS]
    done = python_at(level, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("level", ["v9", "V3", "generic, please"])
def test_a_level_that_is_lacking(level, monkeypatch):
    monkeypatch.setenv("LATENTIA_CPU_LEVEL", level)
    allowed = re.escape(", ".join(LEVELS))
    with pytest.raises(ImportError, match=f"must be one of {allowed} .*got {level!r}"):
        _native._choose_level()


def test_a_level_that_was_not_built(tmp_path):
    """A build of one level works wherever the CPU has it, and says so elsewhere."""
    package, copy = Path(latentia.__file__).parent, tmp_path / "latentia"
    shutil.copytree(
        package, copy, symlinks=True, ignore=shutil.ignore_patterns("benchmarks", "*c")
    )
    libraries = package.with_name("latentia.libs")  # of a wheel, with its own libgomp
    if libraries.is_dir():
        (tmp_path / libraries.name).symlink_to(libraries)
    supported = _cpu_level.supported_levels()
    built = {
        level: next(copy.glob(f"_native/_kernels_{level}.*so")) for level in LEVELS
    }
    show = "from latentia._native import kernels as k; print(k.level)"
    remedy = "pip install --force-reinstall --no-deps . -C cmake.define.LATENTIA_LEVELS"

    def level(asked=None):
        environment = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
        if asked is not None:
            environment["LATENTIA_CPU_LEVEL"] = asked
        return subprocess.run(
            [sys.executable, "-c", show],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    for other in LEVELS[:-1]:
        built[other].unlink()
    assert level().stdout.split() == LEVELS[-1:]
    for other in set(supported) - {LEVELS[-1]}:
        error = level(other).stderr.splitlines()[-1]
        assert f"must be one of {LEVELS[-1]} (built" in error
        assert remedy in error
    # As on a CPU that has none of the levels.
    module = built[LEVELS[-1]]
    module.rename(module.with_name(module.name.replace(LEVELS[-1], "elsewhere")))
    init = copy / "_native" / "__init__.py"
    init.write_text(init.read_text().replace('("v4",', '("elsewhere", "v4",'))
    error = level().stderr.splitlines()[-1]
    assert error.startswith("ImportError: latentia was built for the CPU levels elsewh")
    assert f"supports {', '.join(supported)}: " in error
    assert remedy in error
