"""The description of the machine, on this one and on made ones."""

import platform
import sys

import pytest

import latentia
from latentia.benchmarks import machine


def test_describes_this_process():
    found = machine.describe()
    assert found.n_threads == latentia.n_threads()
    assert found.cpu_level == latentia.cpu_level()
    assert found.cores >= 1
    always = {"latentia", "numpy", "scipy", "scikit-learn", "python"}
    assert set(found.versions) - {"torch"} == always
    assert ("torch" in found.versions) == ("torch" in sys.modules)
    assert found.versions["python"] == platform.python_version()


def test_line_names_everything_on_one_line():
    found = machine.Machine(
        cpu="Example CPU",
        cores=1,
        n_threads=2,
        cpu_level="x86-64-v3",
        memory_gib=15.6,
        blas="openblas 0.3",
        versions={"numpy": "2.0"},
    )
    assert found.line() == (
        "Example CPU · 1 core · 16 GiB · 2 threads, level x86-64-v3 · numpy 2.0 · "
        "openblas 0.3"
    )
    assert found.short_line() == "Example CPU, 2 threads"


def test_line_without_known_memory():
    found = machine.Machine("C", 2, 1, "generic", None, "unknown BLAS", {})
    assert found.line() == "C · 2 cores · 1 thread, level generic · unknown BLAS"


@pytest.mark.skipif(sys.platform == "win32", reason="sysconf")
def test_memory_is_known():
    assert machine.describe().memory_gib > 0


def test_cpu_model_of_cpuinfo(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name\t: Example CPU @ 3 GHz\nflags : x\n")
    assert machine._cpu_model(cpuinfo) == "Example CPU @ 3 GHz"


@pytest.mark.parametrize("text", [None, "Hardware : board\n"])
def test_cpu_model_without_a_name_in_cpuinfo(tmp_path, text):
    cpuinfo = tmp_path / "cpuinfo"
    if text is not None:
        cpuinfo.write_text(text)
    assert machine._cpu_model(cpuinfo) in {platform.processor(), platform.machine()}
