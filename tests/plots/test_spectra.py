from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from sklearn.exceptions import NotFittedError

from latentia import NMF, PCA, TruncatedSVD
from latentia.plots import png, spectrum

Words = Callable[[Figure], set[str]]


@pytest.mark.parametrize("k", [1, 2, 7, 50, 301])
def test_draws_every_value(k: int) -> None:
    values = np.geomspace(1e4, 1e-3, k)
    figure = spectrum(values)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    np.testing.assert_array_equal(axes.lines[-1].get_ydata(), values)
    assert png(figure)


def test_each_thing_known_has_its_panel(words: Words) -> None:
    figure = spectrum([4.0, 2.0], errors=[0.4, 0.1], cumulative=[0.5, 0.75])
    panels: Any = figure.axes
    values, bounds, shares = panels
    np.testing.assert_allclose(bounds.lines[0].get_ydata(), [0.1, 0.05])
    np.testing.assert_array_equal(shares.lines[0].get_ydata(), [0.5, 0.75])
    bars = values.collections[0].get_segments()
    np.testing.assert_allclose(bars[0][:, 1], [3.6, 4.4])
    assert "75.0 %" in words(figure)


def test_bounds_of_a_decade_have_two_numbers_that_do_not_overlap() -> None:
    figure = spectrum([4.0, 2.0], errors=[4e-15, 8e-15])
    figure.draw_without_rendering()
    axes: Any = figure.axes[1]
    assert axes.get_ylim() == pytest.approx((1e-15, 1e-14))
    labels = axes.yaxis.get_ticklabels(which="minor")
    assert not any(label.get_text() for label in labels)


def test_error_bars_larger_than_the_value_stay_on_the_axis() -> None:
    figure = spectrum([4.0, 1.0], errors=[1.0, 8.0])
    axes: Any = figure.axes[0]
    bars = axes.collections[0].get_segments()
    assert all(np.all(bar[:, 1] > 0) for bar in bars)
    assert bars[1][1, 1] == 9.0


def test_zeros_and_exact_values_are_drawn_without_complaint() -> None:
    assert png(spectrum([3.0, 1.0, 0.0], errors=[0.0, 0.1, 0.1]))
    assert png(spectrum([3.0, 1.0], errors=[0.0, 0.0]))


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_extreme_scales(scale: float) -> None:
    assert png(spectrum(scale * np.array([3.0, 2.0, 1.0])))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "singular_values must have shape"),
        ([[1.0]], "singular_values must have shape"),
        ([1.0, -1.0], "finite and not negative, got -1"),
        ([1.0, np.nan], "finite and not negative"),
        ([0.0, 0.0], "all zero"),
    ],
)
def test_bad_values(values: ArrayLike, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spectrum(values)


@pytest.mark.parametrize("values", ["abc", {}, np.ones(3) * 1j])
def test_what_is_no_row_of_numbers(values: Any) -> None:
    with pytest.raises(TypeError, match="singular_values must be an array of numbers"):
        spectrum(values)


def test_shares_above_one() -> None:
    with pytest.raises(ValueError, match="cumulative must be at most 1, got 2"):
        spectrum([2, 1], cumulative=[1, 2])


def test_lengths_that_differ() -> None:
    with pytest.raises(ValueError, match=r"errors .* \(2\), got 3"):
        spectrum([2, 1], errors=[0, 0, 0])
    with pytest.raises(ValueError, match=r"cumulative .* \(2\), got 1"):
        spectrum([2, 1], cumulative=[1])


@pytest.mark.parametrize("kind", [PCA, TruncatedSVD])
def test_an_estimator_gives_all_that_it_knows(kind: Any) -> None:
    X = np.random.default_rng(0).standard_normal((30, 6)) * np.arange(1, 7)
    model = kind(3).fit(X)
    values, bounds, shares = spectrum(model).axes
    np.testing.assert_array_equal(values.lines[-1].get_ydata(), model.singular_values_)
    np.testing.assert_allclose(
        bounds.lines[0].get_ydata(), model.error_bound_ / model.singular_values_
    )
    np.testing.assert_allclose(
        shares.lines[0].get_ydata(), np.cumsum(model.explained_variance_ratio_)
    )
    assert len(spectrum(model, errors=[1, 1, 1]).axes) == 3
    theirs = getattr(sklearn.decomposition, kind.__name__)(3).fit(X)
    assert len(spectrum(theirs).axes) == 2  # it knows no error bounds


def test_an_estimator_without_a_spectrum() -> None:
    with pytest.raises(NotFittedError):
        spectrum(PCA(3))
    with pytest.raises(TypeError, match=r"PCA, TruncatedSVD.*got NMF"):
        spectrum(NMF(2).fit(np.ones((3, 4))))
