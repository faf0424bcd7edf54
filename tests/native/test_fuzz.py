"""Calls that do not fit, by thousands; under sanitizers where one waits for that."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from latentia._native import kernels

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def fuzz(module, *arguments, **environment):
    """Run the mutation loop in a process of its own; return what went wrong."""
    done = subprocess.run(
        [sys.executable, str(HERE / "fuzz.py"), str(module), *arguments],
        capture_output=True,
        text=True,
        timeout=1000,
        check=False,
        env=os.environ | environment,
    )
    if done.returncode == 0:
        return None
    last = done.stdout.splitlines()[-1:]
    return f"rc {done.returncode} in call {last}: {done.stderr[-3000:]}"


def test_calls_that_do_not_fit():
    """Are refused or work; of the kernels as they are used."""
    assert fuzz(kernels.__file__, "--calls", "1000") is None


def sanitizer(name):
    """Return the path of a sanitizer's library, or None."""
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        return None
    command = [compiler, f"-print-file-name={name}"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    path = Path(found.stdout.strip())
    return path if path.is_absolute() else None


@pytest.fixture(scope="module")
def sanitized():
    """The kernels as the preset ``fuzz`` builds them."""
    if not all(map(shutil.which, ("cmake", "ninja"))):
        pytest.skip("needs cmake and ninja")
    if sanitizer("libasan.so") is None:
        pytest.skip("needs GCC's sanitizers")
    python = f"-DPython_EXECUTABLE={sys.executable}"
    pybind = subprocess.run(
        [sys.executable, "-m", "pybind11", "--cmakedir"], capture_output=True, text=True
    )
    if pybind.returncode:
        pytest.skip("needs pybind11")
    prefix = f"-DCMAKE_PREFIX_PATH={pybind.stdout.strip()}"
    for command in (
        ["cmake", "--preset", "fuzz", python, prefix],
        ["cmake", "--build", "--preset", "fuzz"],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (module,) = (ROOT / "build" / "fuzz" / "cpp").glob("_kernels_*.so")
    return module


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_calls_that_do_not_fit_under_sanitizers(sanitized, seed):
    """Memory, alignment, overflow: a report of theirs ends the process."""
    found = fuzz(
        sanitized,
        *("--calls", "3000", "--seconds", "300", "--seed", str(seed)),
        # Exceptions are libstdc++'s, which Python itself does not bring.
        LD_PRELOAD=f"{sanitizer('libasan.so')} {sanitizer('libstdc++.so')}",
        # Python does not free all that it has; what is too large is MemoryError.
        ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1",
        UBSAN_OPTIONS="print_stacktrace=1",
    )
    assert found is None, found
