"""What a training frees stays in the process, and is given back at its end."""

import ctypes
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative.models.vae import VAE
from latentia.generative.training import freed_memory
from latentia.generative.training.freed_memory import freed_memory_kept

BLOCK, N_BLOCKS = 1 << 20, 200


@pytest.fixture
def calls(monkeypatch):
    """Record the calls of a C library that does nothing."""
    made = []
    libc = SimpleNamespace(
        mallopt=lambda *values: made.append(values),
        malloc_trim=lambda pad: made.append("trim"),
    )
    monkeypatch.setattr(freed_memory, "_glibc", lambda: libc)
    for name in freed_memory._SET_BY_USER:
        monkeypatch.delenv(name, raising=False)
    return made


def megabytes():
    """Return the memory of this process that is resident."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def use_and_free(libc):
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [libc.malloc(ctypes.c_size_t(BLOCK)) for _ in range(N_BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, BLOCK)
    for block in blocks:
        libc.free(block)


@pytest.mark.skipif(freed_memory._glibc() is None, reason="the C library is another")
def test_freed_memory_is_kept_until_the_end():
    libc = freed_memory._glibc()
    with freed_memory_kept():
        libc.malloc_trim(0)
        before = megabytes()
        use_and_free(libc)
        kept = megabytes() - before
    rest = megabytes() - before
    assert kept > 0.9 * N_BLOCKS
    assert rest < 0.5 * N_BLOCKS


def test_a_training_that_fails_gives_it_back(calls):
    with pytest.raises(OSError, match="full"), freed_memory_kept():
        raise OSError("full")
    assert calls[-1] == "trim"
    assert calls[-2] == (freed_memory._TRIM_THRESHOLD, freed_memory._LARGEST_TRIM)


def test_trainings_keep_it(calls):
    images = np.zeros((16, 8, 8), np.uint8)
    VAE(preset="tiny", network="mlp", latent_dim=2).fit(images, epochs=1)
    assert calls[-1] == "trim"
    assert (freed_memory._TRIM_THRESHOLD, freed_memory._MOST_KEPT) in calls


@pytest.mark.parametrize("name", freed_memory._SET_BY_USER)
def test_settings_of_the_user_stay(calls, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    with freed_memory_kept():
        pass
    assert calls == []


def test_another_c_library_is_left_alone(calls, monkeypatch):
    monkeypatch.setattr(freed_memory, "_glibc", lambda: None)
    with freed_memory_kept():
        pass
    assert calls == []
