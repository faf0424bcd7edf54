"""What all tests share.

The process that shares the tests out reads this file too, while all others wait for it:
what takes a second to import is imported where it is needed.
"""

import gc
import importlib.util
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pytest


def pytest_xdist_auto_num_workers(config):
    """One process a core; none for single files, which end before they have started."""
    files = all(Path(argument.split("::")[0]).is_file() for argument in config.args)
    return 0 if files else joblib.cpu_count()


def pytest_configure(config):
    """Leave a core to each process: a test that wants more threads asks for them."""
    if config.getoption("numprocesses"):
        for library in ("OMP", "OPENBLAS"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    gc.disable()  # until all is imported and collected, which is a million objects


def pytest_collection_finish():
    """Keep what stands now out of every later search for garbage."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def threads_not_set_from_outside(monkeypatch):
    """A test that wants a number of threads asks for it."""
    monkeypatch.delenv("LATENTIA_NUM_THREADS", raising=False)


@pytest.fixture(scope="session", autouse=True)
def scores_of_few_features():
    """Trainings judge by 64 random features instead of 256.

    A covariance of 256 takes longer than the steps of a small network. What stands in
    ``evaluation`` has them all.
    """
    if "torch" not in sys.modules:
        yield
        return
    from latentia.evaluation.features import random_conv
    from latentia.generative.recipes import frechet_score

    @cache  # a training asks for them at every score
    def network(n_channels, seed, device):
        return random_conv.random_network(n_channels, seed, widths=(8, 16, 16))

    class Few(random_conv.RandomConvFeatures):
        def __call__(self, images):
            n_channels = 1 if images.ndim == 3 else images.shape[3]
            found = network(n_channels, self._seed, self._device)
            return random_conv.outputs(found, images, self._device)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frechet_score, "RandomConvFeatures", Few)
        yield


@pytest.fixture(scope="module")
def coarse_accountant():
    """Privacy loss distributions on a grid ten times coarser, which is faster."""
    PLDAccountant = pytest.importorskip("dp_accounting.pld").PLDAccountant
    from latentia.privacy import accounting, spending_plan

    def coarse():
        return PLDAccountant(value_discretization_interval=1e-3)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounting, "_pld_accountant", coarse)
        for cached in (spending_plan.noise_for, spending_plan._epsilon):
            cached.cache_clear()
        yield
    for cached in (spending_plan.noise_for, spending_plan._epsilon):
        cached.cache_clear()


@pytest.fixture
def pretend_cuda(monkeypatch):
    """A CUDA device whose tensors are on the CPU; see ``pretend_cuda.py``."""
    pytest.importorskip("torch")
    place = Path(__file__).with_name("pretend_cuda.py")
    spec = importlib.util.spec_from_file_location("pretend_cuda", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.pretend_cuda(monkeypatch) as devices:
        yield devices


@pytest.fixture
def case():
    """case(name=value, ...): a context that names them where an assertion fails."""

    @contextmanager
    def named(**values):
        try:
            yield
        except BaseException as error:
            told = ", ".join(f"{name}={value}" for name, value in values.items())
            error.add_note(f"in the case of {told}")
            raise

    return named


@pytest.fixture
def unchanged():
    """unchanged(estimator): a check that it holds the very objects that it held."""

    def remember(estimator):
        before = dict(vars(estimator))
        copies = {k: v.copy() for k, v in before.items() if isinstance(v, np.ndarray)}

        def check(where=""):
            assert vars(estimator).keys() == before.keys(), where
            for name, value in before.items():
                assert vars(estimator)[name] is value, f"{name} {where}"
            for name, value in copies.items():
                message = f"{name} {where}"
                np.testing.assert_array_equal(before[name], value, err_msg=message)

        return check

    return remember


@pytest.fixture
def in_blocks():
    """in_blocks(X, cuts): rows that are read by parts, as those of a file."""
    from latentia import rows

    def cut(X, cuts):
        parts = [X[a:b] for a, b in pairwise(cuts)]
        found = rows.open(lambda: iter(parts))
        return replace(found, layout=replace(found.layout, bounds=np.array(cuts)))

    return cut


@pytest.fixture
def make_pipe():
    """make_pipe(path): a named pipe, which nobody writes to or reads from."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")

    def make(path):
        os.mkfifo(path)
        return path

    return make


@pytest.fixture
def rewrite_model():
    """rewrite_model(path, ...): a model's file with other parts; its checksum is right.

    None takes a part out; parameters=, results= and so on are parts of the description.
    """
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    from latentia import _model_file

    def rewrite(path, *, tensors=(), metadata=(), model=(), **parts):
        with safe_open(path, framework="numpy") as file:
            header = file.metadata()
        del header["sha256"]
        description, arrays = json.loads(header["model"]), load_file(path)
        change(arrays, tensors)
        for name, changes in parts.items():
            change(description[name], changes)
        change(description, model)
        header["model"] = json.dumps(description)
        change(header, metadata)
        header["sha256"] = _model_file._checksum(arrays, header)
        save_file(arrays, path, header)

    def change(target, changes):
        for name, value in dict(changes).items():
            target[name] = value
            if value is None:
                del target[name]

    return rewrite
