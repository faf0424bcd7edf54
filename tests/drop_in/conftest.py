"""scikit-learn's own tests, run with latentia's classes in the place of its own.

Each ``.toml`` file here names one of scikit-learn's test modules, the names that are
swapped in it, and the tests that are expected to fail, each with the reason: a function
with all its parameters, or with some. A test that fails without being listed, or passes
although it is, is a failure. Those whose name one of the ``slow`` expressions finds are
left to ``-m slow``: the same once more, for another of SciPy's sparse classes, or more
combinations of what is there in pairs.
"""

import importlib.util
import inspect
import re
import tomllib
import warnings
from functools import cache, cached_property
from importlib import import_module
from unittest import mock

import numpy as np
import pytest
import sklearn

VERSION = "1.9"  # the lists of expected misses are for this one


@pytest.fixture(params=[np.float32, np.float64])
def global_dtype(request):
    return request.param


@pytest.fixture
def global_random_seed():
    return 42


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".toml" and sklearn.__version__.startswith(VERSION + "."):
        return PeerModule.from_parent(parent, path=file_path)
    return None


source_of = cache(inspect.getsource)


class PeerModule(pytest.Module):
    """A test module of scikit-learn's in which latentia's names stand."""

    @cached_property
    def plan(self):
        return tomllib.loads(self.path.read_text())

    def _getobj(self):
        spec = importlib.util.find_spec(self.plan["module"])
        module = importlib.util.module_from_spec(spec)
        package = import_module(self.plan["package"])
        swapped = {
            name: getattr(import_module(where), name)
            for name, where in self.plan["swapped"].items()
        }
        with mock.patch.multiple(package, **swapped):
            spec.loader.exec_module(module)
        return module

    def collect(self):
        names = re.compile(rf"\b({'|'.join(self.plan['swapped'])})\b")
        slow = [re.compile(pattern) for pattern in self.plan.get("slow", [])]
        misses, found = self.plan.get("misses", {}), set()
        with warnings.catch_warnings(
            action="ignore"
        ):  # about how its tests are written
            items = list(super().collect())
        for item in items:
            of_others = "array_api" in item.name  # latentia takes NumPy's arrays
            if of_others or not names.search(source_of(item.function)):
                continue
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            if any(pattern.search(item.name) for pattern in slow):
                item.add_marker(pytest.mark.slow)
            listed = {item.name, item.originalname} & misses.keys()
            for name in listed:
                item.add_marker(pytest.mark.xfail(reason=misses[name], strict=True))
                # Nobody reads the traceback, which takes longer than the test.
                item.repr_failure = pytest.ExceptionInfo.exconly
            found |= listed
            yield item
        if missing := misses.keys() - found:
            raise self.CollectError(f"no such tests: {', '.join(missing)}")
