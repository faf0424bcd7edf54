"""Classes that are seen equally often, however many images each has."""

import inspect
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, ConditionalGAN  # noqa: E402
from latentia.generative.recipes.frechet_score import FrechetScore  # noqa: E402
from latentia.generative.recipes.gan_recipe import GANRecipe  # noqa: E402
from latentia.generative.training import trainer  # noqa: E402
from latentia.generative.training.batch_sampler import BalancedBatchSampler  # noqa: E402

LABELS = torch.from_numpy(np.random.default_rng(0).permutation([0] * 1900 + [1] * 100))


def drawn(labels, batch_size, n_steps, seed=0):
    order = BalancedBatchSampler(labels, batch_size, seed)
    return torch.cat([order.indices(step) for step in range(n_steps)])


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_classes_come_equally_often(batch_size):
    """In any number of steps they differ by one at most."""
    labels = LABELS[drawn(LABELS, batch_size, 30)]
    ones = labels.cumsum(0)
    zeros = (1 - labels).cumsum(0)
    assert (ones - zeros).abs().max() <= 1


def test_the_images_of_a_class_come_equally_often():
    """Each of the 100 in every 100 draws of its class, in other orders."""
    images = drawn(LABELS, 40, 100)  # 2000 of each class
    rare = images[LABELS[images] == 1].view(20, 100)
    members = torch.nonzero(LABELS == 1)[:, 0]
    assert all(torch.equal(row.sort().values, members) for row in rare)
    assert not any(torch.equal(one, other) for one, other in pairwise(rare))
    common = images[LABELS[images] == 0]
    assert len(common[:1900].unique()) == 1900


def test_many_classes_of_any_size():
    sizes = [1, 2, 3, 50, 5000]
    labels = torch.repeat_interleave(torch.arange(5), torch.tensor(sizes))
    counts = torch.bincount(labels[drawn(labels, 33, 100)])
    assert counts.tolist() == [660] * 5
    few = torch.tensor([0, 0, 2, 2, 2])  # a class without images is not drawn
    assert torch.bincount(few[drawn(few, 10, 10)]).tolist() == [50, 0, 50]


def test_rounds_are_in_random_order():
    places = LABELS[drawn(LABELS, 2, 3000)].view(-1, 2)[:, 0].double()
    assert abs(places.mean() - 0.5) < 5 * 0.5 / 3000**0.5
    both = (places[1:] == places[:-1]).double().mean()
    assert abs(both - 0.5) < 5 * 0.5 / 3000**0.5


def test_a_step_needs_no_steps_before_it():
    batches = [BalancedBatchSampler(LABELS, 64, 5).indices(step) for step in range(80)]
    order = BalancedBatchSampler(LABELS, 64, 5)
    for step in (79, 0, 63, 64, 3):
        assert torch.equal(order.indices(step), batches[step])
    assert not torch.equal(BalancedBatchSampler(LABELS, 64, 6).indices(0), batches[0])


@pytest.fixture(scope="module")
def images():
    """Two classes, dark and bright."""
    noise = np.random.default_rng(0).integers(0, 60, (2000, 8, 8))
    return (noise + 150 * LABELS.numpy()[:, None, None]).astype(np.uint8)


def gan(**parameters):
    tiny = {"preset": "tiny", "network": "mlp", "batch_size": 64, "device": "cpu"}
    return ConditionalGAN(**{**tiny, "random_state": 0, **parameters})


@pytest.fixture
def seen(monkeypatch):
    """Keep the labels of every step, and those that scores are taken with."""
    found = {"steps": [], "scores": []}
    step, score = GANRecipe.step, FrechetScore.__init__

    def keeping(self, images, labels, context):
        found["steps"].append(labels.clone())
        return step(self, images, labels, context)

    def scoring(self, *arguments):
        score(self, *arguments)
        found["scores"].append(self.labels)

    monkeypatch.setattr(GANRecipe, "step", keeping)
    monkeypatch.setattr(FrechetScore, "__init__", scoring)
    return found


@pytest.mark.parametrize("balanced", [False, True])
def test_what_a_training_sees(images, seen, balanced):
    model = gan(balance_classes=balanced).fit(images, LABELS.numpy(), epochs=1)
    shares = torch.stack(seen["steps"]).double().mean(1)
    if balanced:
        assert (shares == 0.5).all()
    else:
        assert abs(shares.mean() - 0.05) < 0.01
    assert model.n_steps_ == 32  # an epoch is as long
    assert seen["scores"][0].double().mean() == 0.05
    assert model.labels_of(10).tolist() == [0, 1] * 5


class CrashError(BaseException):
    """Stands for whatever ends a process."""


def test_a_resumed_training_ends_with_the_same_bits(images, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    data, few = (images[:200], LABELS.numpy()[:200]), {"batch_size": 20}
    whole = gan(balance_classes=True, **few).fit(*data, epochs=8)
    step = trainer.Training._step

    def stepping(self, order, progress):
        if self.state.step == 53:
            raise CrashError
        step(self, order, progress)

    with monkeypatch.context() as crashing:
        crashing.setattr(trainer.Training, "_step", stepping)
        with pytest.raises(CrashError):
            gan(balance_classes=True, **few).fit(*data, epochs=8, run=tmp_path)
    with pytest.raises(ValueError, match="with balance_classes=True, not False"):
        gan(**few).fit(*data, resume=tmp_path)
    resumed = gan(balance_classes=True, **few).fit(*data, resume=tmp_path)
    ours, theirs = whole.last_checkpoint_[0], resumed.last_checkpoint_[0]
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []


def test_parameters_are_those_of_a_gan():
    theirs = dict(inspect.signature(GAN.__init__).parameters)
    ours = dict(inspect.signature(ConditionalGAN.__init__).parameters)
    assert ours.pop("balance_classes").default is False
    assert ours == theirs
    given = dict.fromkeys([*list(ours)[1:], "balance_classes"])
    for i, name in enumerate(given):
        given[name] = i
    assert ConditionalGAN(**given).get_params() == given


@pytest.mark.parametrize("value", [1, None, "balanced"])
def test_it_is_a_truth_value(images, value):
    with pytest.raises(TypeError, match="balance_classes must be True or False, got"):
        gan(balance_classes=value).fit(images, LABELS.numpy(), epochs=1)
