"""Directions against their closed forms, and what is told about them."""

from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, VAE, latent_directions  # noqa: E402
from latentia.generative.latent.space import LatentSpace  # noqa: E402

METHODS = ("sefa", "ganspace")


def same_up_to_order_and_sign(found, expected, atol=1e-4):
    """Compare rows of length 1."""
    cosines = np.abs(found @ expected.T)
    best = cosines.argmax(axis=1)
    assert sorted(best) == list(range(len(expected)))
    np.testing.assert_allclose(cosines[np.arange(len(found)), best], 1, atol=atol)
    return best


def test_sefa_is_the_svd_of_the_first_weight(gan):
    found = latent_directions(gan, n_directions=6)
    weight = gan.networks_["generator"].layers[0].weight.detach().numpy()
    _, s, Vt = np.linalg.svd(weight.astype(np.float64), full_matrices=False)
    order = same_up_to_order_and_sign(found.directions, Vt)
    shares = s**2 / (s**2).sum()
    np.testing.assert_allclose(found.variance_explained, shares[order], rtol=1e-4)


def test_sefa_of_labels_leaves_their_columns_out(cgan):
    found = latent_directions(cgan, n_directions=6)
    weight = cgan.networks_["generator"].layers[0].weight.detach().numpy()
    assert weight.shape[1] == 6 + 3
    same_up_to_order_and_sign(found.directions, np.linalg.svd(weight[:, :6])[2])


def test_sefa_is_the_svd_of_the_jacobian(convolutional):
    found = latent_directions(convolutional, n_directions=3)
    generator = convolutional.networks_["generator"]
    z = torch.randn(6, generator=torch.Generator().manual_seed(0))
    A = torch.func.jacrev(lambda z: generator.affine(z[None])[0])(z)
    A = A.reshape(-1, 6).double().detach().numpy()
    _, s, Vt = np.linalg.svd(A, full_matrices=False)
    order = same_up_to_order_and_sign(found.directions, Vt[:3])
    shares = s**2 / (s**2).sum()
    np.testing.assert_allclose(found.variance_explained, shares[order], rtol=1e-3)


def test_sefa_of_an_rae_weighs_by_its_prior(rae):
    found = latent_directions(rae, n_directions=6)
    _, covariance = rae.prior_.moments()
    L = np.linalg.cholesky(covariance)
    weight = rae.networks_["decoder"].layers[0].weight.detach().numpy()
    Vt = np.linalg.svd(weight @ L)[2]
    white = np.linalg.solve(L, found.directions.T).T
    np.testing.assert_allclose(np.linalg.norm(white, axis=1), 1, rtol=1e-5)
    same_up_to_order_and_sign(white, Vt)


@pytest.mark.parametrize("model", ["gan", "vae", "rae"])
def test_ganspace_is_pca_and_least_squares(model, request):
    fitted = request.getfixturevalue(model)
    found = latent_directions(fitted, "ganspace", n_directions=3, seed=4)
    space = LatentSpace.of(fitted)
    codes = space.codes(4, 50 * 6)
    rows = space.features(codes, None).reshape(300, -1).astype(np.float64)
    rows -= rows.mean(0)
    _, s, Vt = np.linalg.svd(rows, full_matrices=False)
    white = space.whiten(codes)
    U = np.linalg.lstsq(rows @ Vt[:3].T, white - white.mean(0), rcond=None)[0]
    U /= np.linalg.norm(U, axis=1, keepdims=True)
    own = np.linalg.solve(space.factor, found.directions.T).T
    order = same_up_to_order_and_sign(own, U, atol=1e-2)
    shares = s[:3] ** 2 / (s**2).sum()
    np.testing.assert_allclose(found.variance_explained, shares[order], rtol=1e-2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", ["gan", "cgan", "vae", "rae"])
def test_the_most_visible_comes_first(model, method, request):
    found = latent_directions(request.getfixturevalue(model), method, n_directions=4)
    assert found.method == method
    assert found.directions.shape == (4, 6)
    assert (np.diff(found.effects) <= 0).all()
    assert found.effects[-1] > 0
    assert found.random_effect > 0
    assert ((found.variance_explained > 0) & (found.variance_explained < 1)).all()


def test_an_effect_is_the_change_of_a_pixel(gan):
    found = latent_directions(gan, n_directions=2, seed=9)
    codes = gan.sample_codes(64, seed=9)
    forth, back = (
        gan.decode_tensor(torch.from_numpy(codes + sign * step), None).clamp(0, 1)
        for step in found.directions[:1].astype(np.float32)
        for sign in (1, -1)
    )
    change = (forth - back).abs().double().mean().item() * 255 / 2
    assert found.effects[0] == pytest.approx(change, rel=1e-4)


def test_directions_of_an_rae_are_as_long_as_codes_vary(rae):
    """Of random directions too: the mean of their effects is about that of all."""
    found = latent_directions(rae, n_directions=6)
    assert found.effects.min() < found.random_effect < found.effects.max()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bits(gan, method):
    first, second = (latent_directions(gan, method, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.directions, second.directions)
    np.testing.assert_array_equal(first.effects, second.effects)
    assert str(first) == str(second)


def test_no_more_directions_than_there_are(train):
    gan = train(GAN, n=32, latent_dim=130)
    # The first layer has 128 units.
    for method in METHODS:
        assert len(latent_directions(gan, method, n_directions=200).effects) <= 128
    short = train(VAE, n=32, latent_dim=3)
    for method in METHODS:
        assert latent_directions(short, method).directions.shape == (3, 3)


def test_the_table(gan):
    found = latent_directions(gan, n_directions=3)
    title, head, *rows, random = str(found).splitlines()
    assert title.startswith("sefa directions of a GAN")
    assert " ".join(head.split()) == "direction change × random variance explained"
    for i, row in enumerate(rows):
        number, effect, ratio, share = row.split()
        assert number == str(i)
        assert float(effect) == pytest.approx(found.effects[i], abs=0.005)
        expected = found.effects[i] / found.random_effect
        assert float(ratio.rstrip("×")) == pytest.approx(expected, abs=0.005)
        expected = 100 * found.variance_explained[i]
        assert float(share.rstrip("%")) == pytest.approx(expected, abs=0.05)
    assert random.split()[0] == "random"
    assert "1.00×" in random


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "pca"}, ValueError, "method must be one of sefa, ganspace"),
        ({"method": None}, ValueError, "method must be one of sefa, ganspace"),
        ({"n_directions": 0}, ValueError, "n_directions must be at least 1, got 0"),
        ({"n_directions": 2.0}, TypeError, "n_directions must be an integer"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"seed": None}, TypeError, "seed must be an integer, got None"),
    ],
)
def test_bad_arguments(gan, arguments, error, message):
    with pytest.raises(error, match=message):
        latent_directions(gan, **arguments)


@pytest.mark.parametrize("method", ["sefa", "ganspace"])
def test_a_generator_that_does_not_look_at_its_code(train, method):
    gan = train(GAN, network="mlp", n=8)
    gan.networks_ = deepcopy(gan.networks_)
    with torch.no_grad():
        gan.networks_["generator"].layers[0].weight.zero_()
    with pytest.raises(ValueError, match=r"do(es)? not depend on its code"):
        latent_directions(gan, method)
