"""The kernels for 64-bit ARM: NEON's vector widths, the same answers to rounding."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ["aarch64-linux-gnu-g++", "qemu-aarch64", "cmake", "ctest", "ninja"]


@pytest.mark.slow
def test_the_cpp_tests_pass_under_emulation():
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}")
    for command in (
        ["cmake", "--preset", "aarch64", f"-DPython_EXECUTABLE={sys.executable}"],
        ["cmake", "--build", "--preset", "aarch64"],
        ["ctest", "--preset", "aarch64"],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
