"""Private trainings: nothing but noisy gradients is taken from the images."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from latentia import generative
from latentia.generative import LatentMixture
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.private_prior import private_prior
from latentia.generative.models.outcome import outcome
from latentia.generative.training import private_steps
from latentia.generative.training.trainer import Training
from latentia.privacy import DPSGD, BudgetExceededError
from latentia.privacy.accounting import mu_of
from latentia.privacy.spending_plan import SpendingPlan

NAMES = ["VAE", "RAE", "GAN", "ConditionalGAN"]
SEEDED = DPSGD(8, 1e-5, n_images=64, random_state=0)


def fitted(make, images, name="VAE", *, n=64, seed=0, privacy=SEEDED, **options):
    labels = np.arange(n) % 3
    return make(name).fit(images(n, seed), labels, privacy=privacy, epochs=2, **options)


def weights(model):
    return {k: v.clone() for k, v in model.networks_.state_dict().items()}


def assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert torch.equal(value, theirs[name]), name


@pytest.mark.parametrize("name", NAMES)
def test_images_act_on_gradients_alone(make, images, monkeypatch, tmp_path, name):
    """Without their gradients, other images and another number make the same files."""

    def nothing(rows, clip_norm):
        return torch.zeros(len(rows[0]))

    monkeypatch.setattr(private_steps, "_clip", nothing)
    monkeypatch.setattr(
        "latentia.generative.models.rae.private_prior",
        lambda codes, plan: MixturePrior.standard(codes.shape[1]),
    )
    found = []
    for n, seed in ((64, 0), (40, 1)):
        options = {"augment": True} if "GAN" in name else {}
        model = make(name, **options)
        model.fit(
            images(n, seed),
            np.arange(n) % 3,
            privacy=SEEDED,
            epochs=2,
            run=tmp_path / str(n),
        )
        found.append(model)
    first, second = found
    assert_equal(weights(first), weights(second))
    for ours, theirs in zip(
        first.last_checkpoint_[0].items(),
        second.last_checkpoint_[0].items(),
        strict=True,
    ):
        assert ours[0] == theirs[0]
        assert torch.equal(ours[1], theirs[1]), ours[0]
    records = []
    for model in found:
        record = model.record_.metadata()
        record["state"]["seconds"] = 0
        for row in record["state"]["history"]:
            row["seconds"] = 0
        records.append(json.dumps(record))
    assert records[0] == records[1]
    assert_equal(first.extra_tensors(), second.extra_tensors())
    np.testing.assert_array_equal(first.sample(5, seed=0), second.sample(5, seed=0))


@pytest.mark.parametrize("name", NAMES)
def test_what_was_spent_is_in_the_model_and_its_file(make, images, tmp_path, name):
    model = fitted(make, images, name)
    spent = model.privacy_
    assert 7.8 < spent.epsilon <= 8
    assert spent.seeded
    steps, *look = spent.mechanisms
    assert len(look) == (name == "RAE")
    assert (steps.steps, steps.sample_rate) == (8, 0.25)
    assert name in steps.name
    model.save(tmp_path / "model")
    again = generative.load(tmp_path / "model")
    assert again.privacy_ == spent
    assert_equal(weights(again), weights(model))
    np.testing.assert_array_equal(again.sample(3, seed=0), model.sample(3, seed=0))
    for file in (tmp_path / "model").iterdir():
        held = file.read_bytes()
        for n in (64,):
            data = generative.data.as_image_set(images(n), np.arange(n) % 3)
            assert data.fingerprint.encode() not in held


def test_histories_hold_no_losses_and_no_scores(make, images, tmp_path):
    model = fitted(make, images, run=tmp_path / "run")
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    allowed = {"step", "epoch", "images", "seconds"}
    assert all(set(row) <= allowed for row in [*rows, *model.history_])
    assert model.skill_ is model.sample_skill_ is None
    assert "private training computes no scores" in str(outcome(model))
    assert len(list((tmp_path / "run/samples").iterdir())) == 1


def test_trainings_leave_nothing_to_later_ones(make, images):
    first = weights(fitted(make, images, "GAN"))
    fitted(make, images, "VAE", seed=3)
    make("GAN", penalty="none").fit(images(64, 5), epochs=1)
    assert_equal(first, weights(fitted(make, images, "GAN")))


def test_noise_is_not_that_of_the_model_s_seed(make, images):
    privacy = replace(SEEDED, random_state=None)
    first, second = (fitted(make, images, privacy=privacy) for _ in range(2))
    ours, theirs = (next(iter(weights(m).values())) for m in (first, second))
    assert not torch.equal(ours, theirs)
    assert not first.privacy_.seeded


def test_a_seed_is_warned_of(make, images):
    with pytest.warns(UserWarning, match="random_state=0: who knows the seed"):
        fitted(make, images)


def test_a_large_delta_is_warned_of(make, images):
    with pytest.warns(UserWarning, match="delta=0.02 is not below 1/n"):
        fitted(make, images, privacy=replace(SEEDED, delta=0.02))


def test_fits_of_a_model_add_up(make, images):
    model = fitted(make, images)
    once = model.privacy_.epsilon
    model.fit(images(64), privacy=SEEDED, epochs=2)
    assert len(model.privacy_.mechanisms) == 2
    assert once < model.privacy_.epsilon < 2 * once + 1
    model.fit(images(64), epochs=1)
    assert model.privacy_ is None


def test_a_start_from_private_weights_adds_up(make, images):
    before = fitted(make, images)
    after = make("VAE").fit(images(64), privacy=SEEDED, epochs=2, start=before)
    assert after.privacy_.mechanisms == 2 * before.privacy_.mechanisms
    with pytest.raises(ValueError, match="start: the weights were trained with"):
        make("VAE").fit(images(64), epochs=1, start=before)
    public = make("VAE").fit(images(64, seed=9), epochs=1)
    after = make("VAE").fit(images(64), privacy=SEEDED, epochs=2, start=public)
    assert len(after.privacy_.mechanisms) == 1


class StoppedError(Exception):
    """Ends a training in its middle."""


def stopping_at(last, step):
    """A step of a training that is stopped after a number of them."""

    def stopping(self, *given):
        if self.state.step == last:
            self._checkpoint(now=True)
            raise StoppedError
        step(self, *given)

    return stopping


@pytest.fixture
def interrupted(make, images, tmp_path, monkeypatch):
    """The folder of a run of 8 steps that was stopped after its fifth."""
    with monkeypatch.context() as patched:
        patched.setattr(Training, "_step", stopping_at(5, Training._step))
        with pytest.raises(StoppedError):
            fitted(make, images, run=tmp_path / "run")
    return tmp_path / "run"


def test_a_resumed_training_goes_on_counting(make, images, interrupted):
    whole = fitted(make, images)
    resumed = fitted(make, images, resume=interrupted)
    assert resumed.privacy_ == whole.privacy_
    assert_equal(weights(resumed), weights(whole))


def test_other_images_are_counted_as_the_same(make, images, interrupted):
    resumed = fitted(make, images, n=50, seed=7, resume=interrupted)
    assert resumed.privacy_.mechanisms[0].steps == 8
    assert resumed.privacy_.epsilon > 7.8


def test_a_checkpoint_says_what_its_steps_cost(make, interrupted):
    found = generative.load(interrupted / "last.safetensors")
    assert found.privacy_.mechanisms[0].steps == 5
    assert found.privacy_.epsilon < 7.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"privacy": None}, "resume: the training began with privacy"),
        ({"epochs": 3}, "12 steps with the noise of this training cost"),
        ({"privacy": replace(SEEDED, clip_norm=2.0)}, "clip_norm=1.0, not 2.0"),
        ({"privacy": replace(SEEDED, delta=1e-6)}, "delta=1e-05, not 1e-06"),
        ({"privacy": replace(SEEDED, epsilon=7)}, "the budget is 7"),
    ],
)
def test_resumed_trainings_that_are_refused(
    make, images, interrupted, options, message
):
    before = (interrupted / "last.safetensors").read_bytes()
    given = {"privacy": SEEDED, "epochs": 2} | options
    with pytest.raises(ValueError, match=message):
        make("VAE").fit(images(64), resume=interrupted, **given)
    assert (interrupted / "last.safetensors").read_bytes() == before


def test_privacy_cannot_begin_in_the_middle(make, images, tmp_path):
    make("VAE").fit(images(64), epochs=2, run=tmp_path / "run")
    with pytest.raises(ValueError, match="resume: the training began without privacy"):
        fitted(make, images, resume=tmp_path / "run")


def test_no_step_beyond_the_budget(make, images, monkeypatch):
    """A training that would go on is stopped before the step, not after it."""
    taken = []
    monkeypatch.setattr(
        private_steps.PrivateSteps,
        "release",
        lambda self, _: taken.append(self._step) or setattr(self, "_released", True),
    )
    from latentia.generative.training.plan import Plan

    monkeypatch.setattr(Plan, "progress", lambda self, step, seconds: 0.0)
    with pytest.raises(BudgetExceededError, match="no further step"):
        fitted(make, images)
    assert taken == list(range(8))


@pytest.mark.parametrize(("name", "n"), [("GAN", 2), ("GAN", 5), ("RAE", 2)])
def test_batches_can_be_empty(make, images, monkeypatch, name, n):
    """With many more public images than there are, most steps have none."""
    monkeypatch.setattr("latentia.privacy.spending_plan.noise_for", lambda *_: 1.0)
    privacy = replace(SEEDED, n_images=640)
    model = make(name).fit(images(n), privacy=privacy, epochs=1)
    assert model.privacy_.mechanisms[0].sample_rate == 0.025
    assert np.isfinite(model.sample(3, seed=0).astype(float)).all()


def test_the_prior_of_an_rae_is_a_gaussian_of_the_codes(make, images):
    """With many images its noise is small; it is the one that was paid for."""
    random = np.random.default_rng(0)
    codes = random.normal(0.3, 0.5, (90_000, 4))
    model = fitted(make, images, "RAE")
    plan = SpendingPlan.from_dict(model.record_.privacy)
    prior = private_prior(codes, plan)
    np.testing.assert_allclose(prior.means[0], 0.3, atol=0.03)
    factor = prior.factors[0].astype(np.float64)
    covariance = factor @ factor.T
    np.testing.assert_allclose(covariance, 0.25 * np.eye(4), atol=0.03)
    np.testing.assert_array_equal(factor, np.tril(factor))
    expected = multivariate_normal(prior.means[0], covariance).logpdf(codes[:9])
    np.testing.assert_allclose(prior.log_density(codes[:9]), expected, rtol=1e-6)
    mu = mu_of(0.2 * 8, 1e-5)
    assert plan.prior_mu == mu
    assert model.privacy_.mechanisms[1].mu == pytest.approx(mu)


def test_an_interrupted_rae_has_not_looked_at_the_codes(
    make, images, tmp_path, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(Training, "_step", stopping_at(5, Training._step))
        with pytest.raises(StoppedError):
            fitted(make, images, "RAE", run=tmp_path / "run")
    half = generative.load(tmp_path / "run/last.safetensors")
    assert len(half.privacy_.mechanisms) == 1
    whole = fitted(make, images, "RAE", resume=tmp_path / "run")
    assert len(whole.privacy_.mechanisms) == 2
    assert whole.privacy_.epsilon <= 8
    with pytest.raises(BudgetExceededError, match="all looks at the codes"):
        fitted(make, images, "RAE", resume=tmp_path / "run")
    privacy = replace(SEEDED, epsilon=20)
    again = fitted(make, images, "RAE", resume=tmp_path / "run", privacy=privacy)
    assert len(again.privacy_.mechanisms) == 3


def test_a_vae_keeps_a_public_variance(make, images):
    from latentia.generative.recipes.likelihoods import PUBLIC_VARIANCE

    model = fitted(make, images)
    found = model.networks_["likelihood"].log_variance.exp()
    assert float(found) == pytest.approx(PUBLIC_VARIANCE)


def test_a_mixture_of_private_codes_is_refused(make, images):
    model = fitted(make, images)
    with pytest.raises(ValueError, match="was trained with privacy"):
        LatentMixture().fit(model, images(64))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("GAN", {"loss": "relativistic"}, "loss must be one of nonsaturating, hinge"),
        ("GAN", {"loss": "wasserstein"}, "loss must be one of nonsaturating, hinge"),
        ("GAN", {"penalty": "r1"}, "penalty must be 'auto' or 'none' with privacy"),
        ("GAN", {"network": "dcgan"}, "network must not be 'dcgan' with privacy"),
        ("ConditionalGAN", {"balance_classes": True}, "balance_classes must be False"),
        ("VAE", {"precision": "bfloat16"}, "precision must be 'auto' or 'float32'"),
    ],
)
def test_arguments_of_models_that_do_not_go_with_it(
    make, images, name, options, message
):
    with pytest.raises(ValueError, match=message):
        make(name, **options).fit(images(9), np.arange(9) % 3, privacy=SEEDED, epochs=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minutes": 1}, "minutes must be None with privacy"),
        ({"epochs": 1, "validation": 0.1}, "validation must be None with privacy"),
        ({"epochs": 1, "privacy": 8}, "privacy must be a latentia.privacy.DPSGD"),
    ],
)
def test_arguments_of_fit_that_do_not_go_with_it(make, images, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make("VAE").fit(images(9), **{"privacy": SEEDED} | options)


def test_a_folder_needs_a_public_size_and_mode(make, images, tmp_path):
    from latentia.datasets.image_grid import write_png

    for i, image in enumerate(images(16)):
        write_png(tmp_path / f"{i}.png", image)
    for options in ({}, {"size": (8, 8)}, {"mode": "L"}):
        with pytest.raises(ValueError, match="size and mode must be given"):
            make("VAE", **options).fit(tmp_path, privacy=SEEDED, epochs=1)
    with pytest.raises(ValueError, match="size and mode must be given"):
        make("VAE").fit(sorted(tmp_path.iterdir()), privacy=SEEDED, epochs=1)
    model = make("VAE", size=(8, 8), mode="L")
    assert model.fit(tmp_path, privacy=SEEDED, epochs=2).privacy_.epsilon <= 8


def test_another_training_with_equal_settings_counts_too(make, images, tmp_path):
    """It costs the same, but is not the same."""
    for seed, name in enumerate(("one", "other")):
        vae = make("VAE", random_state=seed)
        vae.fit(images(64), privacy=SEEDED, epochs=2, run=tmp_path / name)
    model = generative.load(tmp_path / "one")
    own = make("VAE").fit(images(64), privacy=SEEDED, epochs=2, start=tmp_path / "one")
    model.fit(images(64), privacy=SEEDED, epochs=2, start=tmp_path / "other")
    n = len(own.privacy_.mechanisms)
    assert len(model.privacy_.mechanisms) == n * 3 // 2
    assert model.privacy_.epsilon > own.privacy_.epsilon
