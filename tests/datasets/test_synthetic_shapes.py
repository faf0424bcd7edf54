"""Coloured shapes."""

import numpy as np
import pytest

from latentia.datasets import make_shapes
from latentia.datasets.synthetic_shapes import _DISTANCES


def test_images_and_classes():
    shapes = make_shapes(12, 16, random_state=0)
    assert shapes.images.shape == (12, 16, 16, 3)
    assert shapes.images.dtype == np.uint8
    np.testing.assert_array_equal(shapes.labels, np.arange(12) % 5)
    assert len(shapes.classes) == 5


def test_the_first_images_of_a_seed_are_the_same_for_every_number():
    few, many = (make_shapes(n, 9, random_state=3).images for n in (5, 300))
    np.testing.assert_array_equal(few, many[:5])
    assert (many[5:] != many[:-5]).any(axis=(1, 2, 3)).all()


def test_sizes_show_the_same_shapes():
    """The mean colour of a shape and its ground does not depend on the resolution."""
    small, large = (make_shapes(40, n, random_state=0).images for n in (24, 96))
    off = small.mean((1, 2)) - large.mean((1, 2))
    assert np.abs(off).max() < 1


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("disc", np.pi),
        ("ring", np.pi * (1 - 0.5**2)),
        ("square", 2.0),
        ("triangle", 3 * np.sqrt(3) / 4),
        ("star", 5 * 0.45 * np.sin(np.pi / 5)),  # ten triangles with sides 1 and .45
    ],
)
def test_areas(name, area):
    at = (np.arange(800) + 0.5) / 400 - 1
    inside = _DISTANCES[name](at[np.newaxis], at[:, np.newaxis]) < 0
    assert inside.sum() / 400**2 == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((0, 16), "n_images"), ((5, 7), "size"), ((5, 16.5), "size"), ((-1,), "n_images")],
)
def test_wrong_sizes_are_named(arguments, name):
    with pytest.raises((ValueError, TypeError), match=name):
        make_shapes(*arguments)
