"""Ctrl-C during a fit by alternating least squares."""

import numpy as np
import pytest

from latentia._interrupt import FitInterruptedWarning, ctrl_c_ends_all
from latentia.recommend import ImplicitALS, RatingALS, als

KERNELS = {ImplicitALS: "als_implicit_half", RatingALS: "als_rating_half"}
with_models = pytest.mark.parametrize("kind", list(KERNELS))


def interrupt_in(monkeypatch, kind, call):
    """Ctrl-C in the half-iteration of this number, from 1, when half is updated."""
    calls, real = [], getattr(als.kernels, KERNELS[kind])

    def half(by_row, F, *arguments):
        calls.append(1)
        if len(calls) < call:
            return real(by_row, F, *arguments)
        found = F.copy()
        real(by_row, found, *arguments)
        F[: len(F) // 2] = found[: len(F) // 2]
        raise KeyboardInterrupt

    monkeypatch.setattr(als.kernels, KERNELS[kind], half)


def fitted_or_interrupted(model, *arguments, **more):
    """Fit; Ctrl-C that comes through would end the whole test run."""
    try:
        model.fit(*arguments, **more)
    except KeyboardInterrupt:
        pytest.fail("it was not kept")


def assert_same_fit(model, expected):
    for name in (*model._tensors, "n_features_in_"):
        found = getattr(model, name)
        np.testing.assert_array_equal(found, getattr(expected, name), err_msg=name)


@with_models
@pytest.mark.parametrize("call", [4, 5, 6, 7])
def test_the_last_complete_iteration_is_kept(events, monkeypatch, kind, call):
    """In the items' half and in the users': all arrays are those of its objective."""
    n_iter = (call - 2) // 2
    expected = kind(4, n_iter=n_iter, random_state=0).fit(events)
    interrupt_in(monkeypatch, kind, call)
    model = kind(4, n_iter=9, random_state=0)
    warning = f"interrupted after {n_iter} iterations"
    with pytest.warns(FitInterruptedWarning, match=warning):
        fitted_or_interrupted(model, events)
    assert_same_fit(model, expected)
    model.recommend()


@pytest.mark.parametrize("call", [4, 5])
@pytest.mark.parametrize("solver", ["cg", "cholesky", "subspace"])
def test_it_is_kept_with_features(made, cold, implicit_loss, monkeypatch, solver, call):
    X, new, _ = cold
    X = X.astype(float)
    given = {"user_features": made.user_factors, "item_features": made.item_factors}
    options = {"solver": solver, "random_state": 0}
    expected = ImplicitALS(4, n_iter=1, **options).fit(X, **given)
    interrupt_in(monkeypatch, ImplicitALS, call)
    model = ImplicitALS(4, n_iter=9, **options)
    with pytest.warns(FitInterruptedWarning, match="interrupted after 1 iterations"):
        fitted_or_interrupted(model, X, **given)
    assert_same_fit(model, expected)
    loss = implicit_loss(model, X, **given)
    np.testing.assert_allclose(model.objectives_, [loss], rtol=1e-9)
    assert model.item_factors_[new].any(axis=1).all()


@pytest.mark.parametrize("after", ["objective", "copy"])
def test_ctrl_c_between_two_iterations(events, monkeypatch, after):
    """While the factors are copied, and when they are."""
    expected = ImplicitALS(4, n_iter=2, random_state=0).fit(events)
    calls, real = [], als._copy

    def copy(arrays, to):
        calls.append(1)
        if len(calls) != 2:
            return real(arrays, to)
        if after == "copy":
            real(arrays, to)
        else:
            real(arrays[:1], to[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(als, "_copy", copy)
    model = ImplicitALS(4, n_iter=9, random_state=0)
    with pytest.warns(FitInterruptedWarning, match="interrupted after 2 iterations"):
        fitted_or_interrupted(model, events)
    assert_same_fit(model, expected)


@with_models
@pytest.mark.parametrize(("call", "all_of_it"), [(1, False), (3, False), (5, True)])
def test_ctrl_c_that_ends_all(events, monkeypatch, unchanged, kind, call, all_of_it):
    """Before there is an iteration, or where an outer loop asks for it."""
    model = kind(4, n_iter=9, random_state=0)
    check = unchanged(model)
    interrupt_in(monkeypatch, kind, call)
    try:
        if all_of_it:
            with ctrl_c_ends_all():
                model.fit(events)
        else:
            model.fit(events)
    except KeyboardInterrupt:
        check()
    else:
        pytest.fail("it went on")
