"""The second stage of autoencoders, in which the decoder is trained on."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import (  # noqa: E402
    RAE,
    VAE,
    LatentMixture,
    interpolate,
    latent_directions,
)
from latentia.generative.latent.prior import MixturePrior  # noqa: E402
from latentia.generative.models.outcome import outcome  # noqa: E402
from latentia.generative.recipes import autoencoder_recipe  # noqa: E402
from latentia.generative.recipes.autoencoder_recipe import (  # noqa: E402
    AutoencoderRecipe,
)
from latentia.generative.recipes.sharpening import DevicePrior  # noqa: E402
from latentia.generative.training import decisions, plan, trainer  # noqa: E402

TINY = {"preset": "tiny", "latent_dim": 3, "batch_size": 16, "random_state": 0}
X = np.random.default_rng(0).integers(0, 256, (64, 8, 8), dtype=np.uint8)

models = pytest.mark.parametrize("model", [RAE, VAE])

pytestmark = pytest.mark.usefixtures("scored_by_epochs")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(autoencoder_recipe, "LEAST_STEPS", 1)


@pytest.fixture
def states(monkeypatch):
    """Record the live networks at the start of the second stage and at the end."""
    seen, begin, run = {}, AutoencoderRecipe.begin_stage, trainer.Training.run

    def copy(recipe):
        return {k: v.clone() for k, v in recipe.networks.state_dict().items()}

    def beginning(self, averaged, data, held_out):
        event = begin(self, averaged, data, held_out)
        seen["start"] = copy(self)
        return event

    def running(self, report):
        run(self, report)
        seen["end"] = copy(self.recipe)

    monkeypatch.setattr(AutoencoderRecipe, "begin_stage", beginning)
    monkeypatch.setattr(trainer.Training, "run", running)
    return seen


def events(model):
    return [row["event"] for row in model.history_ if "event" in row]


@models
def test_only_the_decoder_is_trained(states, model):
    model(**TINY).fit(X, epochs=4)
    changed = {
        name
        for name, value in states["start"].items()
        if not torch.equal(value, states["end"][name])
    }
    assert not any(name.startswith("encoder.") for name in changed)
    assert any(name.startswith("decoder.") for name in changed)
    assert any(name.startswith("discriminator.") for name in changed)


def test_scores_that_do_not_improve_end_the_second_stage_alone(monkeypatch):
    """A stage may improve what the one before could not; 12 is 3/10 of 40 steps."""
    monkeypatch.setattr(plan, "LEAST_STEPS", 40)
    monkeypatch.setattr(plan, "EPOCHS", 1)
    monkeypatch.setattr(decisions, "SCORES", 40)
    scores = itertools.count(1.0)
    worse = lambda *_: {"score": next(scores), "frechet_distance": 1.0}  # noqa: E731
    monkeypatch.setattr(AutoencoderRecipe, "score", worse)
    with pytest.warns(UserWarning, match="64 images are few"):
        rae = RAE(sharpen=0.5, **TINY).fit(X)
    (begun,) = [row["step"] for row in rae.history_ if "event" in row]
    assert begun == 20
    assert begun + 12 < rae.n_steps_ < 40


@models
@pytest.mark.parametrize(("error", "best"), [(0.0, 4), (1e9, 8)])
def test_an_early_decoder_beyond_the_limit_is_not_chosen(
    model, error, best, monkeypatch
):
    """The limit is known when the second stage begins."""
    scores, errors = (
        itertools.count(1.0),
        itertools.chain([error], itertools.cycle([0.0])),
    )

    def worse(*_):
        return {"score": next(scores), "held_out_error": next(errors)}

    monkeypatch.setattr(AutoencoderRecipe, "score", worse)
    fitted = model(**TINY).fit(X, epochs=4)
    state = fitted.record_.state
    assert (state.best_step, state.stage_step) == (best, 8)
    found = {row["step"]: row["score"] for row in fitted.history_ if "score" in row}
    assert min(found, key=found.get) == best


@models
def test_a_second_stage_in_vain_ends_a_training_of_a_given_length(model, monkeypatch):
    """It stops after 3/10 of the 40 steps, and a first stage goes on."""
    monkeypatch.setattr(decisions, "SCORES", 40)
    scores = itertools.count(1.0)
    worse = lambda *_: {"score": next(scores), "frechet_distance": 1.0}  # noqa: E731
    monkeypatch.setattr(AutoencoderRecipe, "score", worse)
    fitted = model(**TINY).fit(X, epochs=10)
    (begun,) = [row["step"] for row in fitted.history_ if "event" in row]
    assert begun == 20
    assert begun + 12 < fitted.n_steps_ < 40
    assert "that of the first is kept" in fitted.history_[-1]["remark"]


@pytest.mark.parametrize(("sharpen", "step"), [(0.5, 8), (0.25, 12), (0.9, 2)])
def test_it_begins_when_the_first_has_had_its_share(sharpen, step):
    rae = RAE(sharpen=sharpen, **TINY).fit(X, epochs=4)
    (row,) = [row for row in rae.history_ if "event" in row]
    assert row["step"] == step
    assert "discriminator" in row["event"]
    after = [row for row in rae.history_ if row["step"] > step]
    assert all("loss_discriminator" in row for row in after)


@pytest.mark.parametrize("without", [{"sharpen": 0}, {"network": "mlp"}])
def test_without_it_the_score_is_the_squared_error(without):
    rae = RAE(**without, **TINY).fit(X, epochs=4)
    assert events(rae) == []
    assert "squared error" in rae.score_unit
    best = min(row["score"] for row in rae.history_ if "score" in row)
    assert best == pytest.approx(-rae.score(X), rel=1e-5)


@models
def test_a_decoder_with_too_large_an_error_is_not_chosen(model):
    """The score of the start of the stage is kept, whose error is the limit."""
    free = model(error_limit=1e6, **TINY).fit(X, epochs=8)
    bound = model(error_limit=1, **TINY).fit(X, epochs=8)
    (start,) = [row for row in bound.history_ if "event" in row]
    for fitted, limit in ((free, np.inf), (bound, start["held_out_error"])):
        for row in fitted.history_:
            if "score" in row and row["step"] > start["step"]:
                infinite = row["held_out_error"] > limit * (1 + 1e-6)
                assert np.isinf(row["score"]) == infinite
    off = bound.reconstruct(X) / 255 - X / 255
    assert np.square(off).sum((1, 2)).mean() <= start["held_out_error"] * (1 + 1e-3)


@models
def test_the_limit_is_relative_to_the_error_of_the_same_images(model):
    """Trained by heart, the images of the training have a much smaller error."""
    few = np.repeat(X[:9], 7, axis=0)
    fitted = model(**TINY, error_limit=1.0).fit(few, validation=X[9:], epochs=8)
    (start,) = [row for row in fitted.history_ if "event" in row]
    first = fitted.last_checkpoint_[0]["networks.discriminator.first_error"]
    assert start["held_out_error"] > 1.01 * first
    assert np.isfinite(start["score"])


@models
def test_a_second_stage_that_is_left_out_is_remarked(model, monkeypatch, capsys):
    monkeypatch.setattr(autoencoder_recipe, "LEAST_STEPS", 9)
    fitted = model(**TINY, verbose=1).fit(X, epochs=4)
    assert "fewer than 9 steps" in fitted.history_[-1]["remark"]
    assert "was left out" in capsys.readouterr().err
    assert "remark" not in model(**TINY, sharpen=0).fit(X, epochs=4).history_[-1]


@models
def test_that_the_second_stage_begins_is_shown(model, capsys):
    model(**TINY, verbose=1).fit(X, epochs=4)
    assert "trained against a discriminator" in capsys.readouterr().err


@models
@pytest.mark.parametrize("n", [2, 20])
def test_a_sharpened_model_of_few_images_of_one_class(model, n):
    """Codes are longer than there are images."""
    few = X[:n]
    fitted = model(**TINY | {"latent_dim": 24}).fit(few, epochs=40)
    assert len(events(fitted)) == 1
    images = fitted.decode(fitted.encode(few))
    np.testing.assert_array_equal(images, fitted.reconstruct(few))
    mixture = LatentMixture("samples", random_state=0).fit(fitted, few, ["one"] * n)
    assert mixture.sample(3, y="one", seed=0).shape == (3, 8, 8)
    walk = latent_directions(fitted).walk(seed=3, direction=0, steps=5)
    assert walk.shape[0] == 5
    between = interpolate(fitted, seed_a=1, seed_b=2, steps=4)
    assert between.shape == (4, 8, 8)


def test_a_sharpened_decoder_is_judged_by_what_its_error_may_be():
    """A half of an average image's error, times 1.5, is not noise."""
    rae = RAE(**TINY, error_limit=1e6).fit(X, epochs=8)
    state = replace(rae.record_.state, stage_step=4, best_step=8)
    rae.record_ = replace(rae.record_, state=state)
    rae.skill_, rae.sample_skill_, rae.error_limit = 0.25, None, 1.5
    assert outcome(rae).grade != "failed"
    rae.record_ = replace(rae.record_, state=replace(state, best_step=4))
    assert outcome(rae).grade == "failed"


def test_a_model_that_starts_from_another_begins_anew(tmp_path):
    first = RAE(**TINY).fit(X, epochs=2)
    first.save(tmp_path / "model")  # has no discriminator
    for start in (first, tmp_path / "model"):
        again = RAE(**TINY).fit(X, epochs=2, start=start)
        assert len(events(again)) == 1


@pytest.mark.parametrize("value", [0, 255])
def test_images_that_are_all_the_same(value):
    same = np.full((40, 8, 8), value, np.uint8)
    rae = RAE(**TINY).fit(same, epochs=4)
    assert np.isfinite(rae.score(same))
    assert rae.sample(3, seed=0).shape == (3, 8, 8)


def test_a_time_too_short_for_two_stages():
    rae = RAE(**TINY).fit(X, minutes=1e-9)
    assert rae.n_steps_ == 1
    assert rae.sample(2, seed=0).shape == (2, 8, 8)


@pytest.mark.parametrize(
    ("name", "value"),
    [("sharpen", -0.1), ("sharpen", 1), ("sharpen", "yes"), ("error_limit", 0.9)],
)
def test_wrong_arguments(name, value):
    with pytest.raises((ValueError, TypeError), match=f"{name} must be"):
        RAE(**{**TINY, name: value}).fit(X, epochs=1)


def test_draws_are_those_of_the_prior():
    """The oracle draws in float64, component by component."""
    random = np.random.default_rng(1)
    factors = np.tril(random.normal(size=(4, 3, 3))).astype(np.float32)
    prior = MixturePrior(
        np.array([0.1, 0.2, 0.3, 0.4]), random.normal(size=(4, 3)), factors
    )
    noise = random.normal(size=(500, 4)).astype(np.float32)
    on_device = DevicePrior.of(prior, torch.device("cpu"))
    found = on_device.draw(torch.from_numpy(noise)).numpy()
    np.testing.assert_allclose(found, prior.of_noise(noise), atol=1e-5)


@pytest.fixture
def priors(monkeypatch):
    """Record the priors that second stages draw from."""
    found, of = [], DevicePrior.of

    def keeping(prior, device):
        found.append(prior)
        return of(prior, device)

    monkeypatch.setattr(DevicePrior, "of", keeping)
    return found


def test_the_codes_are_drawn_from_all_images(priors):
    rae = RAE(**TINY).fit(X, epochs=4)
    mean, _ = priors[0].moments()
    expected = rae.encode(X)  # the encoder does not change
    off = (mean - expected.mean(0)) / expected.std(0)
    assert np.abs(off).max() < 0.1


def test_a_vae_draws_from_its_prior(priors):
    VAE(prior="normal", **TINY).fit(X, epochs=4)
    np.testing.assert_array_equal(priors[0].moments()[1], np.eye(3))
    vae = VAE(**TINY).fit(X, epochs=4)
    assert len(priors) == 2
    for moment, other in zip(priors[1].moments(), vae.prior_.moments(), strict=True):
        np.testing.assert_allclose(moment, other, atol=0.05)


def test_the_variance_of_a_vae_follows_the_error():
    """σ² is the mean squared error of a pixel in the second stage too."""
    vae = VAE(**TINY, error_limit=1e6).fit(np.repeat(X[:8], 24, axis=0), epochs=8)
    last = vae.history_[-2]["squared_error"] / 64
    variance = vae.last_checkpoint_[0]["networks.likelihood.log_variance"].exp()
    assert 0.7 < float(variance) / last < 1.4


@pytest.mark.parametrize(("least", "n_events"), [(8, 1), (9, 0)])
def test_a_first_stage_of_few_steps_is_not_cut_short(monkeypatch, least, n_events):
    monkeypatch.setattr(autoencoder_recipe, "LEAST_STEPS", least)
    rae = RAE(**TINY).fit(X, epochs=4)  # of four steps
    assert len(events(rae)) == n_events
    assert rae.n_steps_ == 16


@models
def test_a_private_training_has_no_second_stage(model, coarse_accountant):
    pytest.importorskip("opacus")
    from latentia.privacy import DPSGD
    from latentia.privacy.noise import PrivacyWarning

    privacy = DPSGD(epsilon=8, delta=1e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrivacyWarning)  # the seed, and so few images
        fitted = model(**TINY).fit(X, epochs=4, privacy=privacy)
    assert events(fitted) == []
    assert fitted.privacy_.epsilon <= 8
