"""Codes that the user brings: to images, checked."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from latentia.generative import GAN


@pytest.mark.parametrize("name", ["gan", "cgan", "vae", "rae"])
def test_codes_of_samples_give_the_samples(name, request):
    model = request.getfixturevalue(name)
    z = model.sample_codes(70, seed=3)
    assert z.shape == (70, 6)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(model.decode(z), model.sample(70, seed=3))
    np.testing.assert_array_equal(z[:5], model.sample_codes(5, seed=3))


def test_any_array_of_numbers(gan):
    z = gan.sample_codes(3, seed=0)
    expected = gan.decode(z)
    strided = np.zeros((3, 12), dtype=np.float32)
    strided[:, ::2] = z
    tensor = torch.from_numpy(z).requires_grad_()
    for given in (z.tolist(), z.astype(float), strided[:, ::2], tensor):
        np.testing.assert_array_equal(gan.decode(given), expected)


def test_codes_are_not_changed_and_decoded_as_they_are(gan):
    z = np.full((2, 6), 0.5)
    z[1, 0] = -1
    before = z.copy()
    with torch.no_grad():
        made = gan.networks_["generator"](torch.from_numpy(z).float(), None)
    expected = ((made[:, 0] + 1) / 2).clamp(0, 1).mul(255).numpy()
    assert np.abs(gan.decode(z) - expected).max() <= 0.51
    np.testing.assert_array_equal(z, before)


def test_classes_of_codes(cgan):
    z = cgan.sample_codes(4, seed=1)
    last = cgan.classes_[-1]
    np.testing.assert_array_equal(cgan.decode(z, last), cgan.sample(4, last, seed=1))
    mixed = cgan.classes_[[1, 1, 0, 2]]
    np.testing.assert_array_equal(cgan.decode(z, mixed), cgan.sample(4, mixed, seed=1))
    with pytest.raises(ValueError, match="y has 2 labels for 4 images"):
        cgan.decode(z, mixed[:2])


@pytest.mark.parametrize(
    ("z", "error", "says"),
    [
        (np.zeros(6), ValueError, r"got \(6,\); z\[None\] is one code"),
        (
            np.zeros((2, 5)),
            ValueError,
            r"shape \(n, 6\), .*\(2, 5\)",
        ),
        (np.zeros((0, 6)), ValueError, r"at least one row, got \(0, 6\)"),
        (np.array([[0, np.inf, 0, 0, 0, 0]]), ValueError, r"z\[0, 1\] = inf"),
        (np.full((1, 6), 1e39), ValueError, r"finite numbers of float32, .* = 1e\+39"),
        (np.array([["a"] * 6]), TypeError, "z must hold real numbers, got str"),
        (np.zeros((1, 6), complex), TypeError, "z must hold real numbers, got complex"),
        (np.full((1, 6), 3e38), ValueError, "image 0 is not finite: its code is too"),
    ],
)
@pytest.mark.parametrize("name", ["gan", "cgan"])
def test_bad_codes(name, request, z, error, says):
    with pytest.raises(error, match=says):
        request.getfixturevalue(name).decode(z)


def test_an_unfitted_model_decodes_nothing():
    with pytest.raises(ValueError, match="not fitted"):
        GAN().decode(np.zeros((1, 64)))
