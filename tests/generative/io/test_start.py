"""A training that starts from a trained model: its weights, and no more."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sklearn.exceptions import NotFittedError  # noqa: E402

from latentia.datasets import load_digits  # noqa: E402
from latentia.generative import GAN, RAE, VAE, ConditionalGAN, load  # noqa: E402
from latentia.generative.models.gan import NETWORKS  # noqa: E402
from latentia.generative.training import trainer  # noqa: E402

pytestmark = pytest.mark.usefixtures("scored_by_epochs")

DIGITS = load_digits()
X, y = DIGITS.images[:256], DIGITS.labels[:256]
FEW, MORE = X[:64], X[64:192]
TINY = {"preset": "tiny", "batch_size": 32, "device": "cpu", "random_state": 0}


class CrashError(BaseException):
    """Stands for whatever ends a process."""


@pytest.fixture
def at_the_start(monkeypatch):
    """Return the tensors of a training before its first step."""

    def fit(model, *data, start):
        seen = {}

        def stepping(self, order, progress):
            seen.update({name: value.clone() for name, value in self.tensors().items()})
            raise CrashError

        with monkeypatch.context() as crashing:
            crashing.setattr(trainer.Training, "_step", stepping)
            with pytest.raises(CrashError):
                model.fit(*data, epochs=1, start=start)
        return seen

    return fit


@pytest.fixture(scope="module")
def trained():
    """Models of every class, trained for an epoch."""
    return {
        "gan": GAN(**TINY).fit(FEW, epochs=1),
        "cgan": ConditionalGAN(**TINY).fit(FEW, y[:64] % 4, epochs=1),
        "vae": VAE(latent_dim=4, **TINY).fit(FEW, epochs=1),
        "rae": RAE(latent_dim=4, **TINY).fit(FEW, epochs=1),
    }


@pytest.mark.parametrize("name", ["gan", "cgan", "vae", "rae"])
@pytest.mark.parametrize("saved", [False, True])
def test_the_first_weights_are_the_trained_ones(
    trained, at_the_start, tmp_path, name, saved
):
    model, labels = trained[name], y[64:192] % 4
    if saved:
        model.save(tmp_path / "model")
    new = type(model)(**model.get_params()).set_params(random_state=9)
    start = tmp_path / "model" if saved else model
    found = at_the_start(new, MORE, labels, start=start)
    kept = {
        key: value
        for key, value in model.last_checkpoint_[0].items()
        if key.startswith(("networks.", "averaged."))
    }
    assert found.keys() == kept.keys()  # no optimiser
    if name in ("vae", "rae"):  # their discriminator belongs to the second stage
        kept = {k: v for k, v in kept.items() if "discriminator" not in k}
    assert [key for key in kept if not torch.equal(kept[key], found[key])] == []


@pytest.mark.parametrize("network", NETWORKS)
def test_classes_are_taken_over_by_name(at_the_start, network):
    """The rows of 2 and 3 are those of "2" and "3", whatever their places; 7 is new."""
    given = {**TINY, "network": network}
    model = ConditionalGAN(**given).fit(FEW, y[:64] % 4, epochs=1)
    names = np.array(["2", "3", "7"])[np.arange(128) % 3]
    new = ConditionalGAN(**given).set_params(random_state=1)
    found = at_the_start(new, MORE, names, start=model)
    other = ConditionalGAN(**given).set_params(random_state=2)
    again = at_the_start(other, MORE, names, start=model)
    n_of_classes = 0
    for key, before in model.last_checkpoint_[0].items():
        if not key.startswith(("networks.", "averaged.")):
            continue
        now = found[key]
        if now.shape == before.shape:
            assert torch.equal(now, before), key
            continue
        n_of_classes += 1
        if network == "mlp":  # columns of the first layer, after those of the input
            now, before = now.T, before.T
            assert torch.equal(now[:-3], before[:-4])
        assert torch.equal(now[-3:-1], before[-2:])
        drawn, redrawn = now[-1], (again[key].T if network == "mlp" else again[key])[-1]
        assert not torch.equal(drawn, redrawn)  # follows from the random_state
    assert n_of_classes >= 2


@pytest.mark.parametrize("name", ["vae", "rae"])
def test_it_is_better_after_few_steps(name):
    """Four steps on other digits, after 64 on the first ones or after none."""
    classes = {"vae": VAE, "rae": RAE}
    many = np.repeat(X[:128], 2, axis=0)
    before = classes[name](**TINY).fit(many, epochs=8)
    arguments = {"epochs": 1, "validation": X[192:]}
    scores = [
        classes[name](**TINY).fit(MORE, start=start, **arguments).score(X[192:])
        for start in (None, before)
    ]
    assert scores[1] > scores[0] + 0.2 * abs(scores[0])


def test_a_generator_is_better_after_few_steps():
    small = TINY | {"network": "mlp"}
    before = GAN(**small).fit(np.repeat(X[:128], 4, axis=0), epochs=12)
    fits = [
        GAN(**small).fit(MORE, start=start, epochs=1, validation=X[192:])
        for start in (None, before)
    ]
    scratch, started = (fit.history_[-1]["score"] for fit in fits)
    assert started < 0.8 * scratch


def test_the_average_does_not_forget_the_start(trained):
    """From scratch it is the weights themselves after one step."""
    start = trained["vae"]
    model = VAE(latent_dim=4, **TINY).fit(FEW[:32], epochs=1, start=start)
    (tensors, _), before = model.last_checkpoint_, start.last_checkpoint_[0]
    moved = [
        (tensors[k] - before[k]).norm() / (live - before[k]).norm()
        for k in tensors
        if k.startswith("averaged.") and k.endswith("weight")
        for live in [tensors[k.replace("averaged.", "networks.")]]
    ]
    # The start had seen 64 images: a half-life of (64 + 32) / 20, not of 32 / 20.
    expected = 1 - 0.5 ** (32 / (0.05 * 96))
    np.testing.assert_allclose(moved, expected, rtol=1e-3)


def test_what_it_started_from_is_recorded(trained, tmp_path):
    model = trained["gan"]
    model.save(tmp_path / "first")
    second = GAN(**TINY).fit(
        MORE, epochs=1, start=tmp_path / "first", run=tmp_path / "b"
    )
    third = GAN(**TINY).fit(MORE, epochs=1, start=second)
    record = model.last_checkpoint_[1]
    assert model.started_from_ is None
    assert second.started_from_ == {
        "model": str(tmp_path / "first"),
        "images": record.images,
        "seed": record.seed,
        "step": 2,
        "images_seen": 64,
    }
    assert third.started_from_["model"] == "a fitted GAN"
    assert third.started_from_["images_seen"] == 64 + 128
    assert load(tmp_path / "b", device="cpu").started_from_ == second.started_from_


@pytest.mark.parametrize("folder", [False, True])
def test_a_resumed_one_ends_with_the_same_bits(
    tmp_path, monkeypatch, trained, make_folder, folder
):
    """Also where the size of pictures on disk is that of the start."""
    data = make_folder(MORE[:64], (13, 9)) if folder else MORE
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    start, step = trained["gan"], trainer.Training._step
    whole = GAN(**TINY).fit(data, epochs=4, start=start)

    def stepping(self, order, progress):
        if self.state.step == 5:
            raise CrashError
        step(self, order, progress)

    with monkeypatch.context() as crashing:
        crashing.setattr(trainer.Training, "_step", stepping)
        with pytest.raises(CrashError):
            GAN(**TINY).fit(data, epochs=4, start=start, run=tmp_path / "run")
    resumed = GAN(**TINY).fit(data, resume=tmp_path / "run")
    assert resumed.started_from_ == whole.started_from_ is not None
    ours, theirs = whole.last_checkpoint_[0], resumed.last_checkpoint_[0]
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []
    np.testing.assert_array_equal(whole.sample(4, seed=1), resumed.sample(4, seed=1))


@pytest.fixture
def make_folder(tmp_path):
    """Write pictures of another size."""
    image = pytest.importorskip("PIL.Image")

    def make(images, size):
        (tmp_path / "pictures").mkdir()
        for i, pixels in enumerate(images):
            picture = image.fromarray(pixels).convert("RGB").resize(size)
            picture.save(tmp_path / "pictures" / f"{i:03}.png")
        return tmp_path / "pictures"

    return make


def test_pictures_on_disk_get_the_size_and_mode_of_the_start(trained, make_folder):
    folder = make_folder(MORE[:40], (17, 20))
    found = GAN(**TINY).fit(folder, epochs=1, start=trained["gan"])
    assert found.image_shape_ == (8, 8)
    sized = GAN(size=(9, 9), **TINY)
    with pytest.raises(ValueError, match=r"of 8×8 with 1 channel, X has .* 9×9"):
        sized.fit(folder, epochs=1, start=trained["gan"])


def test_a_loaded_model(trained, tmp_path):
    """Autoencoders are whole in the file that samples, generators are not."""
    for name in ("vae", "gan"):
        trained[name].save(tmp_path / name)
    vae, gan = (load(tmp_path / name, device="cpu") for name in ("vae", "gan"))
    assert VAE(latent_dim=4, **TINY).fit(MORE, epochs=1, start=vae).n_steps_ == 4
    for start in (gan, tmp_path / "gan" / "best.safetensors"):
        with pytest.raises(ValueError, match="only samples, without the discriminator"):
            GAN(**TINY).fit(MORE, epochs=1, start=start)


def test_what_is_left_open_is_as_in_the_start():
    start = GAN(**{**TINY, "network": "dcgan"}).fit(FEW, epochs=1)
    open_ = {**TINY, "preset": "auto", "network": "auto"}
    found = GAN(**open_).fit(MORE, epochs=1, start=start)
    assert (found.config_.network, found.preset_) == ("dcgan", "tiny")


@pytest.mark.parametrize(
    ("model", "images", "message"),
    [
        (RAE(latent_dim=4, **TINY), MORE, "a fitted VAE holds a VAE, not a RAE"),
        (VAE(latent_dim=5, **TINY), MORE, "with latent_dim=4, not 5"),
        (
            VAE(latent_dim=4, likelihood="bernoulli", **TINY),
            MORE,
            "with likelihood='gaussian', not 'bernoulli'",
        ),
        (VAE(latent_dim=4, network="mlp", **TINY), MORE, "network='conv', not 'mlp'"),
        (
            VAE(latent_dim=4, **{**TINY, "preset": "small"}),
            MORE,
            "preset='tiny', not 'small'",
        ),
        (
            VAE(latent_dim=4, **TINY),
            np.repeat(MORE, 2, axis=2),
            r"generates images of 8×8 with 1 channel, X has images of 8×16 with 1 "
            r"channel: "
            r"size=\(8, 8\) and mode='L' convert them",
        ),
    ],
)
def test_what_differs_is_named(trained, model, images, message):
    with pytest.raises(ValueError, match=f"^start: .*{message}"):
        model.fit(images, epochs=1, start=trained["vae"])
    assert not hasattr(model, "n_steps_")


def test_other_arguments(trained, tmp_path):
    with pytest.raises(TypeError, match=r"start must be a fitted GAN, .* got 3"):
        GAN(**TINY).fit(MORE, epochs=1, start=3)
    with pytest.raises(NotFittedError):
        GAN(**TINY).fit(MORE, epochs=1, start=GAN())
    with pytest.raises(FileNotFoundError, match=r"no last\.safetensors"):
        GAN(**TINY).fit(MORE, epochs=1, start=tmp_path)
    with pytest.raises(ValueError, match="give start or resume, not both"):
        GAN(**TINY).fit(MORE, epochs=1, start=trained["gan"], resume=tmp_path)
