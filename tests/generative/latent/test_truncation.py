"""Codes nearer to their mean than they are drawn."""

import numpy as np
import pytest

pytest.importorskip("torch")

NAMES = ["gan", "cgan", "vae", "rae"]


@pytest.mark.parametrize("name", ["gan", "cgan", "normal_vae"])
def test_normal_codes_are_scaled(name, request):
    model = request.getfixturevalue(name)
    z = model.sample_codes(9, seed=1)
    short = model.sample_codes(9, seed=1, truncation=0.7)
    np.testing.assert_allclose(short, z * np.float32(0.7), rtol=1e-6)


@pytest.mark.parametrize("name", ["vae", "rae"])
def test_codes_of_a_mixture_stay_with_their_gaussians(name, request):
    """z = m_k + truncation · (z₁ − m_k): the mean of all is no centre of images."""
    model = request.getfixturevalue(name)
    z = model.sample_codes(50, seed=1)
    half, none = (model.sample_codes(50, seed=1, truncation=t) for t in (0.5, 1e-6))
    means = model.prior_.means
    assert len(means) == 2
    nearest = np.square(none[:, np.newaxis] - means).sum(axis=2).argmin(axis=1)
    assert {*nearest} == {0, 1}
    np.testing.assert_allclose(none, means[nearest], atol=1e-4)
    np.testing.assert_allclose(half, (z + means[nearest]) / 2, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_the_images_of_these_codes(name, request):
    model = request.getfixturevalue(name)
    how = {"seed": 3, "truncation": 0.6}
    images = model.sample(70, **how)
    np.testing.assert_array_equal(images, model.decode(model.sample_codes(70, **how)))
    np.testing.assert_array_equal(images[:3], model.sample(3, **how))
    np.testing.assert_array_equal(
        np.concatenate([*model.sample_blocks(70, **how)]), images
    )


@pytest.mark.parametrize("name", NAMES)
def test_1_changes_no_bit(name, request):
    model = request.getfixturevalue(name)
    np.testing.assert_array_equal(
        model.sample(9, seed=3, truncation=1), model.sample(9, seed=3)
    )
    np.testing.assert_array_equal(
        model.sample_codes(9, seed=3, truncation=1), model.draw_codes(3, 9)
    )


@pytest.mark.parametrize("name", ["gan", "normal_vae"])
def test_images_are_less_varied(name, request):
    model = request.getfixturevalue(name)
    spreads = [
        model.sample(64, seed=0, truncation=t).astype(float).std(axis=0).mean()
        for t in (0.25, 0.5, 1.0)
    ]
    assert spreads[0] < 0.7 * spreads[1] < 0.5 * spreads[2]


@pytest.mark.parametrize("value", [0, -0.5, 1.01, np.inf, np.nan, True, "0.7", None])
@pytest.mark.parametrize("name", NAMES)
def test_bad_values(name, request, value):
    model = request.getfixturevalue(name)
    for method in (model.sample, model.sample_blocks, model.sample_codes):
        with pytest.raises(
            (TypeError, ValueError), match="truncation must be a number above 0"
        ):
            method(1, truncation=value)
