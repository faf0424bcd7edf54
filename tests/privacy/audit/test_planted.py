"""Models that overfit 200 images are found, by whichever score they offer."""

import numpy as np
import pytest

from latentia.datasets import load_digits
from latentia.privacy import audit_membership

pytest.importorskip("torch")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["VAE", "RAE", "GAN"])
@pytest.mark.filterwarnings("ignore:200 images are few")
def test_a_model_of_200_images(name):
    from latentia import generative

    digits = load_digits().images
    order = np.random.default_rng(0).permutation(len(digits))
    members, others = digits[order[:200]], digits[order[200:]]
    model = getattr(generative, name)(random_state=0).fit(members)
    found = audit_membership(model, members, others, random_state=0)
    assert found.best.rates[0].tpr.value >= 0.3
    assert found.epsilon_lower > 1
    assert found.verdict.grade == "failed"
