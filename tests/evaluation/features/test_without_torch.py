"""Without PyTorch, pixels and scores work, and the rest says what to install."""

import pytest

from latentia.evaluation import evaluate, features


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize(
    "name",
    ["ClassifierFeatures", "InceptionFeatures", "ModuleFeatures", "RandomConvFeatures"],
)
def test_what_to_install(name):
    with pytest.raises(ImportError, match=rf"{name} needs PyTorch: pip install torch"):
        getattr(features, name)


@pytest.mark.usefixtures("without_torch")
def test_auto_takes_pixels(squares):
    images, labels = squares(40)
    found = evaluate(images[:20], images, labels=labels, generated_labels=labels[:20])
    assert found.features.startswith("pixel PCA")
    assert found.conditional_accuracy is None


@pytest.mark.usefixtures("without_torch")
def test_a_space_that_needs_it(squares):
    with pytest.raises(ImportError, match="pip install torch"):
        evaluate(squares(20)[0], squares(20)[0], features="random")


def test_no_such_space():
    with pytest.raises(AttributeError, match="no attribute 'Another'"):
        features.Another  # noqa: B018
