"""Audits of generators that copy, that learn nothing, and of bad records."""

import json
from dataclasses import replace

import numpy as np
import pytest

from latentia.datasets.image_grid import write_png
from latentia.privacy import Mechanism, MembershipAudit, PrivacySpent, audit_membership


def quietly(*arguments, **options):
    """Audit few records: the notes about that are as they should be."""
    with pytest.warns(UserWarning, match=r"cannot be told from 0|both sides"):
        return audit_membership(*arguments, random_state=0, **options)


def test_copies_are_found(sampler, noise_images):
    members, others = noise_images(200), noise_images(1000, seed=1)
    found = audit_membership(sampler(members, 0.02), members, others, random_state=0)
    assert found.best.rates[0].tpr.value >= 0.9
    assert found.best.rates[0].tpr.low > 0.9
    assert found.best.rates[1].tpr.value >= 0.9
    assert found.best.auc.value > 0.99
    assert found.epsilon_lower > 3
    assert found.epsilon_lower <= found.epsilon_most
    assert found.verdict.grade == "failed"
    assert found.notes == ()


def test_a_generator_of_other_images_tells_nothing(sampler, noise_images):
    members, others = noise_images(200), noise_images(1000, seed=1)
    model = sampler(noise_images(200, seed=2), 0.02)
    found = audit_membership(model, members, others, random_state=0)
    assert found.epsilon_lower == 0
    assert found.verdict.grade == "good"
    assert "only a proof" in str(found)
    for attack in found.attacks:
        assert attack.auc.low < 0.5 < attack.auc.high
        assert attack.rates[0].tpr.low < 0.01


@pytest.mark.parametrize("kind", ["array", "float", "folder", "pair"])
def test_samples_alone(noise_images, tmp_path, kind):
    members, others = noise_images(60), noise_images(150, seed=1)
    given = {
        "array": (members, members, others),
        "float": (members / 255, members, others / 255),
        "pair": (members, (members, np.arange(60) % 3), (others, ["a"] * 150)),
        "folder": [tmp_path / "members", tmp_path / "members", tmp_path / "others"],
    }[kind]
    if kind == "folder":
        for name, images in (("members", members), ("others", others)):
            (tmp_path / name).mkdir()
            for i, image in enumerate(images):
                write_png(tmp_path / name / f"{i:03}.png", image)
    found = quietly(*given)
    assert found.model == "60 images"
    assert (found.n_members, found.n_non_members, found.n_samples) == (60, 150, 60)
    assert found.best.rates[0].tpr.value == 1
    assert found.best.rates[1] is None
    assert "cannot be resolved" in str(found)
    assert "1,000 are needed" in found.notes[0]


def test_scores_are_what_the_model_offers(noise_images, sampler):
    members, others = noise_images(40), noise_images(1000, seed=1)

    class Model(sampler):
        classes_ = np.array([0, 1])
        has_discriminator = True

        def reconstruct(self, images):
            return images[::-1]

        def score_samples(self, images):
            return np.where(
                (images[:, None] == members).all((2, 3)).any(1), -1, -np.inf
            )

        def discriminate(self, images, y):
            assert y is None
            return images.mean((1, 2))

    with pytest.warns(UserWarning, match="log-density has only 2 different values"):
        found = audit_membership(
            Model(noise_images(9)), members, others, random_state=0
        )
    names = [attack.name for attack in found.attacks]
    assert names == [
        "log-density",
        "reconstruction",
        "discriminator",
        "nearest sample",
        "nearest sample, compared",
    ]
    # −∞ is a rank like any other, and two values are told.
    assert found.best.name == found.chosen == "log-density"
    assert found.best.auc.value == 1
    assert any("only 2 different values" in note for note in found.notes)


def test_distances_are_compared_with_known_others(sampler, noise_images):
    """Bright images are far from each other: only the comparison finds members."""
    random = np.random.default_rng(0)
    contrast = random.uniform(0.05, 1, (1300, 1, 1))
    images = (contrast * noise_images(1300)).astype(np.uint8)
    found = audit_membership(
        sampler(images[:300], 0.15), images[:300], images[300:], random_state=0
    )
    rates = {attack.name: attack.rates[0].tpr.value for attack in found.attacks}
    assert rates["nearest sample, compared"] > rates["nearest sample"] + 0.2


def test_what_a_model_claims_is_compared(sampler, noise_images):
    members, others = noise_images(200), noise_images(1000, seed=1)
    model = sampler(members)
    model.privacy_ = PrivacySpent.of([Mechanism("sum", 1.0, 5.0)], 1e-6)
    found = audit_membership(model, members, others, random_state=0)
    assert found.delta == 1e-6
    assert found.proven is model.privacy_
    assert found.verdict.grade == "failed"
    assert "refutes the proven" in str(found.verdict)


def test_written_and_read(sampler, noise_images):
    model = sampler(noise_images(50))
    model.privacy_ = PrivacySpent.of([Mechanism("sum", 1.0, 5.0)], 1e-6)
    found = quietly(model, noise_images(50), noise_images(150, seed=1))
    written = json.loads(json.dumps(found.as_dict()))
    assert written["verdict"]["grade"] == "failed"
    assert written["attacks"][0]["rates"][1] is None
    again = MembershipAudit.from_dict(written)
    assert again.as_dict() == found.as_dict()
    assert str(again) == str(found)


@pytest.mark.parametrize("change", [{"attacks": [{}]}, {"proven": 3}, {"delta": "x"}])
def test_damaged_dictionaries(sampler, noise_images, change):
    found = quietly(sampler(noise_images(9)), noise_images(9), noise_images(9, 1))
    with pytest.raises(ValueError, match="not an audit of membership"):
        MembershipAudit.from_dict(found.as_dict() | change)
    with pytest.raises(ValueError, match="not an audit of membership"):
        MembershipAudit.from_dict({})


def test_the_seed_decides(sampler, noise_images):
    sides = noise_images(50), noise_images(150, seed=1)
    first, second = (quietly(sampler(sides[0], 0.3), *sides) for _ in range(2))
    assert first.as_dict() == second.as_dict()


def test_images_on_both_sides_are_left_out(sampler, noise_images):
    images = noise_images(300)
    with pytest.warns(UserWarning, match="10 different images are on both sides"):
        found = audit_membership(images[:50], images[:60], images[50:], random_state=0)
    assert (found.n_members, found.n_non_members) == (50, 240)


@pytest.mark.parametrize("n_others", [50, 51])
def test_the_same_images_on_both_sides(noise_images, n_others):
    images = noise_images(n_others)
    with pytest.raises(ValueError, match=r"must be different images, got 50 of 50"):
        audit_membership(images, images[:50], images)


@pytest.mark.parametrize(("n_members", "n_others"), [(1, 9), (9, 1), (0, 9)])
def test_one_record(noise_images, n_members, n_others):
    name = "members" if n_members < 2 else "non_members"
    with pytest.raises(ValueError, match=f"{name} must be at least 2 images, got"):
        audit_membership(
            noise_images(9), noise_images(n_members), noise_images(n_others, seed=1)
        )


def test_two_records_prove_nothing(noise_images):
    members = noise_images(2)
    found = quietly(members, members, noise_images(2, seed=1))
    assert found.epsilon_lower == found.epsilon_most == 0
    assert found.verdict.grade == "good"


def test_equal_scores_tell_nothing(sampler, noise_images):
    class Model(sampler):
        def score_samples(self, images):
            return np.zeros(len(images))

    model = Model(np.full((1, 8, 8), 128))
    sides = noise_images(100), noise_images(200, seed=1)
    found = quietly(model, *sides)
    flat = found.attacks[0]
    assert flat.auc.value == 0.5
    assert flat.rates[0].tpr.value == 0
    assert any("only 1 different values" in note for note in found.notes)


@pytest.mark.parametrize("wrong", ["nan", "shape"])
def test_scores_that_are_none(sampler, noise_images, wrong):
    class Model(sampler):
        def score_samples(self, images):
            scores = np.zeros(len(images))
            scores[3] = np.nan
            return scores if wrong == "nan" else scores[:2]

    message = "is NaN for record 3" if wrong == "nan" else "one number for each of 9"
    with pytest.raises(ValueError, match=f"log-density of a Model .*{message}"):
        audit_membership(
            Model(noise_images(3)), noise_images(9), noise_images(9, seed=1)
        )


@pytest.mark.parametrize("place", ["members", "non_members", "samples"])
def test_images_of_another_size(noise_images, place):
    given = [noise_images(9), noise_images(9, seed=1), noise_images(9, seed=2)]
    index = ["samples", "members", "non_members"].index(place)
    given[index] = noise_images(9, side=10)
    with pytest.raises(ValueError, match="must have the size"):
        audit_membership(*given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 1}, "confidence must be .* below 1"),
        ({"confidence": 0.4}, "confidence must be .* at least 0.5"),
        ({"delta": -1e-9}, "delta must be .* at least 0"),
        ({"delta": 1}, "delta must be .* below 1"),
        ({"n_samples": 5}, "n_samples must only be given with a model"),
    ],
)
def test_bad_arguments(noise_images, options, message):
    sides = noise_images(9), noise_images(9, seed=1)
    with pytest.raises(ValueError, match=message):
        audit_membership(noise_images(9), *sides, **options)


def test_bad_numbers_of_samples(sampler, noise_images):
    sides = noise_images(9), noise_images(9, seed=1)
    with pytest.raises(ValueError, match="n_samples must be at least 1"):
        audit_membership(sampler(sides[0]), *sides, n_samples=0)


def test_a_bound_at_a_smaller_delta_does_not_refute_a_proof(sampler, noise_images):
    """ε = 1.1 at δ = 0.2 is 7.9 at 1e-9."""
    proven = PrivacySpent.of([Mechanism("sum", 1.0, 0.8)], 0.2)
    found = quietly(
        sampler(noise_images(50)), noise_images(50), noise_images(150, seed=1)
    )
    found = replace(found, proven=proven, epsilon_lower=3.9, delta=1e-9)
    assert proven.epsilon < 3.9
    assert "refutes" not in str(found.verdict)
    assert "at δ = 0.2" in found.bound_in_words()
    assert "refutes" not in str(replace(found, delta=0.0).verdict)
    assert "refutes" in str(replace(found, epsilon_lower=8.5).verdict)
    assert "refutes" in str(replace(found, delta=0.3).verdict)
