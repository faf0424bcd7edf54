"""The section on privacy: what was spent, and what an audit found."""

import warnings

import pytest

pytest.importorskip("torch")

from latentia.privacy import DPSGD, audit_membership
from latentia.report import ReportedModel, sections

TINY = {"latent_dim": 4, "preset": "tiny", "network": "mlp", "random_state": 0}


@pytest.fixture(scope="module")
def private(digits, coarse_accountant):
    pytest.importorskip("opacus")
    from latentia.generative import RAE, VAE

    privacy = DPSGD(8, 1e-5, n_images=64, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return [
            cls(batch_size=16, **TINY).fit(digits[0], epochs=2, privacy=privacy)
            for cls in (VAE, RAE)
        ]


@pytest.fixture(scope="module")
def audit(digits):
    with pytest.warns(UserWarning, match="cannot be told from 0"):
        return audit_membership(
            digits[0][:30], digits[0][:30], digits[0][30:], random_state=0
        )


def test_neither_privacy_nor_an_audit(rae, digits):
    assert sections.section_privacy(ReportedModel(rae, *digits)) is None


def test_what_was_spent(private, digits):
    for model in private:
        made = sections.section_privacy(ReportedModel(model, *digits))
        assert made.facts[0].value == f"{model.privacy_.epsilon:.3g}"
        assert made.facts[0].label == "ε, for one image added or removed"
        row, *look = made.tables[0].rows
        assert len(look) == (model is private[1])
        steps = model.privacy_.mechanisms[0]
        assert row[1:] == ["1", f"{steps.noise_multiplier:.3g}", "8"]
        assert "This page itself is not private" in " ".join(made.prose)
        assert "given seed" in " ".join(made.prose)
        assert made.verdict == ""


def test_other_sections_of_a_private_model(private, digits):
    for model in private:
        about = ReportedModel(model, *digits)
        assert sections.section_prior(about) is None
        assert "no scores" in sections.section_training(about).verdict
        assert sections.section_training(about).pictures == []


def test_what_an_audit_found(rae, digits, audit):
    made = sections.section_privacy(ReportedModel(rae, *digits, audit=audit))
    assert "Weak: members leave traces" in made.verdict
    assert made.prose[0].startswith("The training was not private")
    assert [row[0].split(":")[0] for row in made.tables[0].rows] == [
        "Nearest sample",
        "Nearest sample, compared",
    ]
    assert made.tables[0].rows[0][3] == "cannot be resolved"
    assert any(text.startswith("Note: with 30 non-members") for text in made.prose)


def test_both(private, digits, audit):
    made = sections.section_privacy(ReportedModel(private[0], *digits, audit=audit))
    assert len(made.tables) == 2
