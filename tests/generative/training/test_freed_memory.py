"""What a training frees stays in the process, and is given back at its end."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative.models.vae import VAE
from latentia.generative.training import freed_memory
from latentia.generative.training.freed_memory import freed_memory_kept

SET = (freed_memory._TRIM_THRESHOLD, freed_memory._NEVER)
BACK = (freed_memory._TRIM_THRESHOLD, freed_memory._LARGEST_TRIM)

PROGRAM = """
import ctypes, os, runpy, sys

module = runpy.run_path(sys.argv[1])
libc, block, n = ctypes.CDLL(None), int(sys.argv[2]) << 20, int(sys.argv[3])
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def pages():
    return int(open("/proc/self/statm").read().split()[1])

def use_and_free():
    blocks = [libc.malloc(block) for _ in range(n)]
    for address in blocks:
        ctypes.memset(address, 1, block)
    for address in blocks:
        libc.free(address)

if block > 32 << 20 and not libc.mallopt(-3, 1 << 30):
    sys.exit("refused")
before = pages()
with module["freed_memory_kept"]():
    use_and_free()
    kept = pages() - before
per_megabyte = (1 << 20) // os.sysconf("SC_PAGE_SIZE")
print(kept // per_megabyte, (pages() - before) // per_megabyte)
"""


@pytest.fixture
def calls(monkeypatch):
    """Record the calls of a C library that does nothing."""
    made = []
    libc = SimpleNamespace(
        mallopt=lambda *values: made.append(values) or 1,
        malloc_trim=lambda pad: made.append("trim"),
    )
    monkeypatch.setattr(freed_memory, "_glibc", lambda: libc)
    monkeypatch.setattr(freed_memory, "_tuned_by_user", lambda: False)
    return made


@pytest.mark.skipif(freed_memory._glibc() is None, reason="the C library is another")
@pytest.mark.parametrize(("megabytes", "n"), [(1, 200), (40, 5)])
def test_freed_memory_is_kept_until_the_end(megabytes, n):
    tuned = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(tuned)}
    command = [sys.executable, "-c", PROGRAM, freed_memory.__file__]
    done = subprocess.run(
        [*command, str(megabytes), str(n)],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.stderr.strip() == "refused":
        pytest.skip("this version of glibc has smaller blocks on its heap")
    assert done.returncode == 0, done.stderr
    kept, rest = map(int, done.stdout.split())
    assert kept > 190
    assert rest < 10


def test_a_training_that_fails_gives_it_back(calls):
    with pytest.raises(OSError, match="full"), freed_memory_kept():
        raise OSError("full")
    assert calls[-2:] == [BACK, "trim"]


def test_the_last_of_several_trainings_gives_it_back(calls):
    with freed_memory_kept():
        with freed_memory_kept():
            pass
        assert calls.count(SET) == 1
        assert BACK not in calls
    assert calls[-2:] == [BACK, "trim"]


def test_a_fork_in_a_training_begins_anew(calls):
    with freed_memory_kept():
        freed_memory._forked()
        assert calls[-2:] == [BACK, "trim"]
    with freed_memory_kept():
        assert calls[-1] == SET


def test_older_versions_of_glibc_refuse_large_values(calls, monkeypatch):
    libc = freed_memory._glibc()
    refused = SimpleNamespace(
        mallopt=lambda name, value: libc.mallopt(name, value) and value <= 32 << 20,
        malloc_trim=libc.malloc_trim,
    )
    monkeypatch.setattr(freed_memory, "_glibc", lambda: refused)
    with freed_memory_kept():
        assert calls[-2:] == [(freed_memory._MMAP_THRESHOLD, 32 << 20), SET]


def test_trainings_on_a_cpu_keep_it(calls):
    images = np.zeros((16, 8, 8), np.uint8)
    vae = VAE(preset="tiny", network="mlp", latent_dim=2, device="cpu")
    vae.fit(images, epochs=1)
    assert SET in calls
    assert calls[-2:] == [BACK, "trim"]


@pytest.mark.parametrize(
    ("name", "value", "tuned"),
    [
        ("MALLOC_TRIM_THRESHOLD_", "1", True),
        ("GLIBC_TUNABLES", "glibc.malloc.check=1", True),
        ("GLIBC_TUNABLES", "glibc.rtld.nns=2", False),
    ],
)
def test_settings_of_the_user_stay(monkeypatch, name, value, tuned):
    for other in list(os.environ):
        if other.startswith("MALLOC_") or other == "GLIBC_TUNABLES":
            monkeypatch.delenv(other)
    monkeypatch.setenv(name, value)
    assert freed_memory._tuned_by_user() is tuned


def test_nothing_is_set_where_it_is_tuned(calls, monkeypatch):
    monkeypatch.setattr(freed_memory, "_tuned_by_user", lambda: True)
    with freed_memory_kept():
        pass
    assert calls == []


def test_another_c_library_is_left_alone(calls, monkeypatch):
    monkeypatch.setattr(freed_memory, "_glibc", lambda: None)
    with freed_memory_kept():
        pass
    assert calls == []
