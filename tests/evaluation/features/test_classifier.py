"""A classifier trained on the user's labels."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.datasets import load_digits, load_fashion_mnist  # noqa: E402
from latentia.evaluation.features import (  # noqa: E402
    ClassifierFeatures,
    FeatureSpace,
    _classifier_network,
)


@pytest.fixture(scope="module")
def few_epochs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_classifier_network, "_MOST_EPOCHS", 3)
        yield


@pytest.fixture(scope="module")
def classifier(squares, few_epochs):
    return ClassifierFeatures.train(*squares(80), random_state=3)


def test_it_learns(classifier, squares):
    images, labels = squares(60, seed=1)
    assert classifier.classes.tolist() == ["a", "b"]
    predicted = classifier.predict(images)
    assert predicted.shape == (60,)
    assert (classifier.classes[predicted] == labels).mean() > 0.95


def test_its_features(classifier, squares):
    images, _ = squares(60, seed=1)
    features = classifier(images)
    assert isinstance(classifier, FeatureSpace)
    assert features.shape == (60, _classifier_network.DIM)
    assert features.dtype == np.float32
    np.testing.assert_allclose(classifier(images[10:20]), features[10:20], atol=1e-5)
    np.testing.assert_array_equal(classifier(images[..., np.newaxis]), features)


@pytest.mark.usefixtures("few_epochs")
def test_seeds(classifier, squares):
    images, labels = squares(80)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    again = ClassifierFeatures.train(images, labels, random_state=3)
    assert torch.equal(before, torch.random.get_rng_state())
    assert again.name == classifier.name
    np.testing.assert_array_equal(again(images), classifier(images))
    other = ClassifierFeatures.train(images, labels, random_state=4)
    assert other.name != classifier.name


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize("shape", [(8, 8), (9, 70, 2), (16, 12, 3), (130, 65, 4)])
def test_any_size_and_channels(random, shape):
    images = random.integers(0, 256, (6, *shape), dtype=np.uint8)
    made = ClassifierFeatures.train(images, [5, 9, 5, 9, 9, 5], random_state=0)
    assert np.isfinite(made(images)).all()
    assert set(made.predict(images)) <= {0, 1}
    assert made.classes.tolist() == [5, 9]


def test_a_file(classifier, squares, tmp_path):
    path = tmp_path / "judge.safetensors"
    classifier.save(path)
    read = ClassifierFeatures.load(path)
    images, _ = squares(20)
    assert read.name == classifier.name
    assert read.classes.tolist() == ["a", "b"]
    np.testing.assert_array_equal(read(images), classifier(images))
    with pytest.raises(ValueError, match="size 8 × 9, got 9 × 8"):
        read(images.swapaxes(1, 2))


def test_files_of_something_else(classifier, tmp_path):
    from safetensors.numpy import load_file, save_file

    path = tmp_path / "judge.safetensors"
    with pytest.raises(FileNotFoundError, match=r"judge\.safetensors"):
        ClassifierFeatures.load(path)
    path.write_bytes(b"no tensors")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        ClassifierFeatures.load(path)
    classifier.save(path, overwrite=True)
    tensors = load_file(path)
    save_file(tensors, path)
    with pytest.raises(ValueError, match="holds something else"):
        ClassifierFeatures.load(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"head.weight": np.zeros((3, 64), np.float32)}, "size mismatch"),
        ({"head.weight": np.full((2, 64), np.nan, np.float32)}, "not finite"),
        ({"other": np.zeros(1, np.float32)}, "Unexpected"),
    ],
)
def test_files_that_were_edited(classifier, tmp_path, change, problem, rewrite_model):
    path = tmp_path / "judge.safetensors"
    classifier.save(path)
    rewrite_model(path, tensors=change)
    with pytest.raises(ValueError, match=rf"(?s)holds no classifier: .*{problem}"):
        ClassifierFeatures.load(path)


def test_bad_training(squares):
    images, labels = squares(6)
    with pytest.raises(ValueError, match="at least 2 classes"):
        ClassifierFeatures.train(images, ["a"] * 6)
    with pytest.raises(ValueError, match="labels must have one entry for each of 6"):
        ClassifierFeatures.train(images, labels[:5])
    with pytest.raises(ValueError, match="images must be at least 2 images"):
        ClassifierFeatures.train(images[:1], labels[:1])
    with pytest.raises(ValueError, match=r"device must be .*got 'gpu'"):
        ClassifierFeatures.train(images, labels, device="gpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_no_cuda(squares):
    with pytest.raises(ValueError, match="finds no CUDA device"):
        ClassifierFeatures.train(*squares(6), device="cuda")


@pytest.mark.slow
def test_digits():
    digits = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    train, test = order[:1200], order[1200:]
    judge = ClassifierFeatures.train(
        digits.images[train], digits.labels[train], random_state=0
    )
    accuracy = (judge.predict(digits.images[test]) == digits.labels[test]).mean()
    assert accuracy > 0.98


@pytest.mark.slow
def test_fashion_mnist():
    try:
        train, test = load_fashion_mnist(), load_fashion_mnist(split="test")
    except FileNotFoundError as error:
        pytest.skip(str(error))
    judge = ClassifierFeatures.train(train.images, train.labels, random_state=0)
    assert (judge.predict(test.images) == test.labels).mean() > 0.91


def test_it_is_trained_and_used_whatever_the_state_of_torch(classifier, squares):
    images, labels = squares(80)
    expected = classifier(images)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        again = ClassifierFeatures.train(images, labels, random_state=3)
        found = again(images)
    assert again.name == classifier.name
    np.testing.assert_array_equal(found, expected)


def test_loading_leaves_the_state_of_torch_alone(classifier, tmp_path):
    classifier.save(tmp_path / "classifier.safetensors")
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    try:
        again = ClassifierFeatures.load(tmp_path / "classifier.safetensors")
    finally:
        torch.set_default_dtype(torch.float32)
    assert again.name == classifier.name
    assert torch.equal(torch.rand(3), expected)
