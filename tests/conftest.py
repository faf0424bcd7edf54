"""What all tests share."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from latentia import rows


@pytest.fixture(autouse=True)
def threads_not_set_from_outside(monkeypatch):
    """A test that wants a number of threads asks for it."""
    monkeypatch.delenv("LATENTIA_NUM_THREADS", raising=False)


@pytest.fixture
def in_blocks():
    """in_blocks(X, cuts): rows that are read by parts, as those of a file."""

    def cut(X, cuts):
        parts = [X[a:b] for a, b in pairwise(cuts)]
        found = rows.open(lambda: iter(parts))
        return replace(found, layout=replace(found.layout, bounds=np.array(cuts)))

    return cut
