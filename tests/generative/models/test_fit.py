"""Training on a CPU: the same seed gives the same bits, and nothing else is touched."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

torch = pytest.importorskip("torch")

from latentia.generative import GAN, ConditionalGAN  # noqa: E402
from latentia.generative.losses import LOSSES  # noqa: E402
from latentia.generative.models.gan import NETWORKS, PENALTIES  # noqa: E402
from latentia.generative.recipes.gan_recipe import GANRecipe  # noqa: E402

pytestmark = pytest.mark.usefixtures("scored_by_epochs")

X = np.random.default_rng(0).integers(0, 256, (32, 9, 11), dtype=np.uint8)
TINY = {"preset": "tiny", "batch_size": 8, "device": "cpu", "random_state": 0}


def gan(**parameters):
    return GAN(**{**TINY, "network": "mlp", **parameters})


def weights(model):
    return model.networks_.state_dict()


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def fitted():
    torch.set_num_threads(1)
    return gan(network="conv").fit(X, epochs=2)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_seed_gives_the_same_bits(network):
    one, again, other = (
        gan(network=network, random_state=seed).fit(X, epochs=1) for seed in (3, 3, 4)
    )
    assert same(weights(one), weights(again))
    assert not same(weights(one), weights(other))
    np.testing.assert_array_equal(one.sample(3), again.sample(3))


def test_global_random_states_and_threads_are_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    gan(network="conv", augment=True).fit(X, epochs=1).sample(2)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.get_num_threads() == 1


def test_attributes():
    fitted = gan(network="conv").fit(X, epochs=2)
    assert fitted.image_shape_ == (9, 11)
    assert len(fitted.classes_) == 0
    assert (fitted.n_steps_, fitted.n_images_seen_) == (8, 64)
    assert (fitted.preset_, fitted.device_) == ("tiny", "cpu")
    assert fitted.config_.network == "conv"
    rows = fitted.history_
    assert [row["step"] for row in rows] == [4, 8]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(np.isfinite(row["loss_generator"]) for row in rows)
    assert all(np.isfinite(row["score"]) for row in rows)


@pytest.mark.parametrize("shape", [(9, 11), (8, 8, 1), (9, 11, 3), (12, 8, 4)])
def test_samples_are_shaped_as_images_are(shape):
    images = np.random.default_rng(1).random((9, *shape))
    model = gan().fit(images, epochs=1)
    expected = shape[:2] if shape[-1] == 1 else shape
    assert model.image_shape_ == expected
    samples = model.sample(2, seed=0)
    assert samples.dtype == np.uint8
    assert samples.shape == (2, *expected)


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 130])
def test_an_image_of_a_seed_is_the_same_for_every_n(fitted, n):
    everything = fitted.sample(200, seed=7)
    np.testing.assert_array_equal(fitted.sample(n, seed=7), everything[:n])
    assert len(np.unique(everything.reshape(200, -1), axis=0)) == 200
    assert not np.array_equal(fitted.sample(n, seed=8), everything[:n])


def test_seeds_of_samples_come_from_random_state():
    model = gan().fit(X, epochs=1)
    np.testing.assert_array_equal(model.sample(2), model.sample(2))
    model.random_state = np.random.default_rng(0)
    assert not np.array_equal(model.sample(2), model.sample(2))


@pytest.mark.parametrize(
    ("n", "seed", "error", "message"),
    [
        (0, 0, ValueError, "n must be at least 1, got 0"),
        (2.0, 0, TypeError, "n must be an integer, got 2.0"),
        (1, -1, ValueError, "seed must be at least 0, got -1"),
        (1, 2**63, ValueError, f"seed must be at most {2**63 - 1}, got {2**63}"),
        (1, "7", TypeError, "seed must be an integer"),
    ],
)
def test_bad_arguments_of_sample(fitted, n, seed, error, message):
    with pytest.raises(error, match=message):
        fitted.sample(n, seed=seed)


def test_not_fitted():
    for model in (GAN(), ConditionalGAN()):
        with pytest.raises(NotFittedError):
            model.sample(1)
        with pytest.raises(NotFittedError):
            model.save("nowhere")


def test_fewer_images_than_a_batch():
    model = gan(batch_size=50).fit(X[:3], epochs=40)
    assert model.n_steps_ == 3  # 120 images
    assert model.sample(2).shape == (2, 9, 11)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss):
    first, second = (gan(loss=loss, random_state=s).fit(X, epochs=3) for s in (0, 1))
    assert all(torch.isfinite(t).all() for t in weights(first).values())
    assert not same(weights(first), weights(second))
    assert {"loss_generator", "loss_discriminator"} <= first.history_[-1].keys()


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_penalty_trains(penalty):
    """A penalty changes what is learnt, and so does its weight."""
    models = [
        gan(penalty=penalty, gamma=gamma, network="conv").fit(X, epochs=1)
        for gamma in (None, 0.0, 5.0)
    ]
    for model in models:
        assert all(torch.isfinite(t).all() for t in weights(model).values())
    default, without, heavy = (weights(model) for model in models)
    assert same(default, without) == same(default, heavy) == (penalty == "none")


def test_strong_penalties_keep_the_discriminator_flat():
    heavy, none = (
        gan(penalty=penalty, gamma=1e3).fit(X, epochs=8).history_[-1]["logit_gap"]
        for penalty in ("r1r2", "none")
    )
    assert abs(heavy) < 0.3 * abs(none)


def test_a_generator_learns_a_single_shade():
    """White images come out of a training on white images."""
    model = gan(learning_rate=2e-3).fit(np.full((32, 8, 8), 255, "u1"), epochs=30)
    assert model.sample(20, seed=0).mean() > 170


def test_augmented():
    plain, augmented, again = (
        gan(augment=a).fit(X, epochs=2) for a in (False, True, True)
    )
    assert same(weights(augmented), weights(again))
    assert not same(weights(plain), weights(augmented))


def test_bfloat16():
    model = gan(network="conv", precision="bfloat16").fit(X, epochs=1)
    state = weights(model)
    assert {t.dtype for t in state.values()} <= {torch.float32, torch.int64}
    other = gan(network="conv", precision="float32").fit(X, epochs=1)
    assert not same(state, weights(other))


def test_by_the_clock():
    model = gan().fit(X, minutes=0.005)
    assert 0.2 <= model.history_[-1]["seconds"] < 5
    assert model.n_steps_ > 1


def test_lines_on_standard_error(capsys, monkeypatch):
    monkeypatch.setattr("latentia.generative.training.progress.LINE_SECONDS", 0.0)
    gan(verbose=1).fit(X, epochs=1)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "images/s" in printed.err
    gan().fit(X, epochs=1)
    assert capsys.readouterr() == ("", "")
    monkeypatch.undo()
    gan(verbose=1).fit(X, epochs=1)
    assert len(capsys.readouterr().err.splitlines()) == 1  # what is trained on


def test_files_of_a_run(tmp_path):
    model = gan().fit(X, epochs=2, run=tmp_path / "deep" / "run")
    folder = tmp_path / "deep" / "run"
    assert sorted(p.name for p in folder.iterdir()) == [
        *(
            "best.safetensors",
            "last.safetensors",
            "metrics.jsonl",
            "run.json",
            "samples",
        )
    ]
    assert [p.name for p in sorted((folder / "samples").iterdir())] == [
        *("0000004.png", "0000008.png")
    ]
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == model.history_
    loaded = GAN.load(folder)
    np.testing.assert_array_equal(loaded.sample(3, seed=1), model.sample(3, seed=1))


def test_the_best_weights_are_kept(monkeypatch):
    seen = []

    def score(self, networks, held_out):
        seen.append({k: v.clone() for k, v in networks.state_dict().items()})
        return {"score": (3.0, 1.0, 2.0)[len(seen) - 1]}

    monkeypatch.setattr(GANRecipe, "score", score)
    model = gan().fit(X, epochs=3)
    assert len(seen) == 3
    assert [same(weights(model), one) for one in seen] == [False, True, False]


def test_as_an_estimator():
    model = gan(latent_dim=5, size=(8, 8))
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.set_params(latent_dim=3).latent_dim == 3
    assert "latent_dim=5" in repr(model)
    model.fit(X, epochs=1)
    assert not hasattr(clone(model), "n_steps_")
    assert model.image_shape_ == (8, 8)
