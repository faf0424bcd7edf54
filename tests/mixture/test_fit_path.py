"""A fit goes straight through its modules: how often control enters each is counted."""

import sys
from collections import Counter

import pytest

from latentia import GaussianMixture

PACKAGE = "latentia.mixture."


def entries(run):
    """Return how often each module of the package is entered from another of it.

    An entry is a call whose nearest caller within the package is another module.
    """
    found, stack = Counter(), []

    def profile(frame, event, _):
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(PACKAGE):
            return
        if event == "call":
            if stack and stack[-1] != module:
                found[module.removeprefix(PACKAGE)] += 1
            stack.append(module)
        elif event == "return" and stack:
            stack.pop()

    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
    return found


def test_an_iteration(X, unconverged):
    """What six iterations enter more often than five do."""

    def fit(max_iter):
        mixture = GaussianMixture(3, tol=0, max_iter=max_iter, random_state=0)
        return entries(lambda: unconverged(mixture.fit, X))

    more = fit(6) - fit(5)
    assert more == {
        "statistics": 3,
        "m_step": 1,
        "parameters": 2,
        "covariance.full": 7,
        "covariance.matrices": 1,
    }


@pytest.mark.parametrize("module", ["fit", "em", "options", "working_dtype"])
def test_a_module_of_a_fit_is_not_returned_to(X, module):
    """The number of entries does not grow with the iterations."""
    mixture = GaussianMixture(3, random_state=0, n_init=3)
    assert entries(lambda: mixture.fit(X))[module] <= 5
