"""The sections about a trained model: what they say is what it is."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.evaluation import frechet_distance
from latentia.generative import GAN, RAE, VAE, ConditionalGAN, LatentMixture
from latentia.plots import png
from latentia.report import ReportedModel, sections
from latentia.report.sections.prior import PriorComparison

TINY = {"latent_dim": 4, "preset": "tiny", "batch_size": 20, "random_state": 0}


def all_pictures(*made):
    pictures = [picture for section in made for picture in section.pictures]
    names = [picture.name for picture in pictures]
    assert len(set(names)) == len(names)
    for picture in pictures:
        assert picture.caption
    return {picture.name: picture for picture in pictures}


def test_a_model_without_encoder_has_no_prior(digits):
    gan = ConditionalGAN(**TINY).fit(*digits, epochs=1)
    about = ReportedModel(gan, *digits)
    assert sections.section_prior(about) is None
    pictures = all_pictures(
        sections.section_samples(about), sections.section_directions(about)
    )
    assert list(pictures) == [
        "samples",
        "samples-by-class",
        "traversals",
        "interpolation",
    ]
    assert "0, 1" in pictures["samples-by-class"].alt


def test_transparent_images_that_are_not_square(clear_images):
    vae = VAE(**TINY).fit(clear_images, epochs=1)
    about = ReportedModel(vae, clear_images)
    made = [found for make in sections.SECTIONS if (found := make(about))]
    assert png(all_pictures(*made)["prior"].figure).startswith(b"\x89PNG")
    assert "8 × 11 pixels, in colour with transparency" in made[0].prose[0]
    assert made[3].tables[0].rows[0][0] == "N(0, I)"


def test_both_priors_are_compared_with_real_images(rae, digits):
    about = ReportedModel(rae, *digits)
    comparison = PriorComparison.of(about)
    assert comparison.plain == "Single Gaussian"
    assert comparison.n == 24
    assert [*comparison.distances] == ["Single Gaussian", "Mixture", "Real images"]
    plain = LatentMixture(1, random_state=0).fit(rae, about.cached_encoder.images)
    np.testing.assert_array_equal(
        comparison.images["Single Gaussian"], plain.sample(24, seed=0)
    )
    np.testing.assert_array_equal(
        comparison.images["Real"], about.cached_encoder.images[:24]
    )


def test_held_out_images_are_the_reference(rae, digits):
    images, _ = digits
    about = ReportedModel(rae, images[:40], unseen=images[40:52])
    assert PriorComparison.of(about).n == 12
    (table,) = sections.section_quality(about).tables
    assert table.columns[2] == "Held-out real images"
    assert [row[0] for row in table.rows][:2] == ["Fréchet distance", "Kernel distance"]


def test_number_of_gaussians_is_marked(rae):
    images = np.random.default_rng(0).integers(0, 256, (200, 8, 8), dtype=np.uint8)
    section = sections.section_prior(ReportedModel(rae, images))
    likelihoods = section.tables[1]
    taken = [row[0] for row in likelihoods.rows if row[2] == "yes"]
    assert taken == [section.facts[-1].value]


def test_a_finished_training_is_described(rae, digits):
    section = sections.section_training(ReportedModel(rae, *digits))
    assert section.facts[0].value == f"{rae.n_images_seen_:,}"
    assert not any("not ended" in text for text in section.prose)


@pytest.fixture
def stopped(digits, tmp_path, monkeypatch):
    """The folder of a training that was to last four epochs, killed in the second."""
    from latentia.generative.training.trainer import Training

    class Killed(BaseException):
        pass

    judge = Training._judge

    def die_after_two(self):
        judge(self)
        self._checkpoint(now=True)
        if self.state.step >= 6:
            raise Killed

    monkeypatch.setattr(Training, "_judge", die_after_two)
    with pytest.raises(Killed):
        RAE(**TINY).fit(digits[0], epochs=4, run=tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("remove", [(), ("best.safetensors", "metrics.jsonl")])
def test_a_half_finished_run_is_described(stopped, digits, remove):
    for name in remove:
        (stopped / name).unlink()
    about = ReportedModel(RAE.load(stopped), *digits, run=stopped)
    assert not about.can_sample
    training = sections.section_training(about)
    assert "has not ended: 50.0" in training.prose[1]
    assert training.facts[0].value == "120"
    samples = sections.section_samples(about)
    assert "at the end of the training" in samples.prose[1]
    assert samples.pictures[0].name == "samples"
    assert sections.section_prior(about).tables
    # The builder makes a line of this.
    with pytest.raises(ValueError, match="a training that did not end"):
        sections.section_directions(about)


def test_a_vae_whose_training_has_not_ended_samples_from_a_mixture(digits, tmp_path):
    """As it will when it has ended; the normal prior is there from the start."""
    vae = VAE(**TINY).fit(digits[0], epochs=1, run=tmp_path)
    assert ReportedModel(vae, *digits).can_sample
    begun = ReportedModel(VAE.load(tmp_path / "last.safetensors"), *digits)
    assert not begun.can_sample
    assert "at the end of the training" in sections.section_samples(begun).prose[1]
    begun.model.prior = "normal"
    assert begun.can_sample


def test_a_damaged_last_checkpoint_is_reported(rae, digits, tmp_path):
    (tmp_path / "last.safetensors").write_bytes(b"half a fi")
    section = sections.section_training(ReportedModel(rae, *digits, run=tmp_path))
    assert "is damaged" in section.prose[-1]


def test_gan_curves_are_explained(digits):
    gan = GAN(**TINY).fit(digits[0], epochs=1)
    (picture,) = sections.section_training(ReportedModel(gan, *digits)).pictures
    assert "each depends on the other network" in picture.caption


def test_unseen_images_are_compared_in_no_order(rae, digits):
    images = digits[0]
    unseen = np.concatenate([np.zeros_like(images), images[::-1]])
    about = ReportedModel(rae, *digits, unseen=unseen)
    comparison = PriorComparison.of(about)
    black = about.space(np.zeros_like(images[: comparison.n]))
    reference = about.space(comparison.images["Real"])
    assert comparison.distances["Real images"] < frechet_distance(reference, black) / 2
