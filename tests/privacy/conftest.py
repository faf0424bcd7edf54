"""What the tests of privacy share."""

import warnings
from contextlib import contextmanager

import pytest

pytest.importorskip("dp_accounting")


@contextmanager
def a_seed_is_fine():
    """Ignore the warning that a seeded result is not private."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "random_state was given")
        yield


@pytest.fixture
def seeded():
    """Ignore that warning in a whole test."""
    with a_seed_is_fine():
        yield
