"""What all tests share."""

import pytest


@pytest.fixture(autouse=True)
def threads_not_set_from_outside(monkeypatch):
    """A test that wants a number of threads asks for it."""
    monkeypatch.delenv("LATENTIA_NUM_THREADS", raising=False)
