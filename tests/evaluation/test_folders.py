"""Two sets of images, whatever they are from: folders, arrays, classes of both."""

import numpy as np
import pytest
from PIL import Image

from latentia.evaluation import evaluate, image_statistics


class Corner:
    name = "corner"

    def __call__(self, images):
        return images.reshape(len(images), -1)[:, 18:21].astype(np.float32) / 255


@pytest.fixture
def folder(tmp_path):
    """folder(name, images, labels): their PNG files, sub-folders for classes."""

    def write(name, images, labels=None, *, size=None, mode="L"):
        for i, image in enumerate(images):
            place = tmp_path / name / ("" if labels is None else str(labels[i]))
            place.mkdir(parents=True, exist_ok=True)
            picture = Image.fromarray(image).convert(mode)
            picture.resize(size or picture.size, 0).save(place / f"{i:03}.png")
        return tmp_path / name

    return write


def in_order(labels):
    return np.argsort(labels, kind="stable")


def test_folders_are_their_images(folder, squares):
    real, made = squares(50)[0], squares(20, seed=1)[0]
    photos, samples = folder("photos", real), folder("samples", made)
    options = {"features": Corner(), "random_state": 0}
    truth = evaluate(made, real, **options).as_dict()
    assert evaluate(samples, photos, **options).as_dict() == truth
    assert evaluate(str(samples), real, **options).as_dict() == truth
    kept = image_statistics(photos, features=Corner(), held_out=samples)
    assert len(kept.held_out) == 20
    found = evaluate(samples, photos, held_out=photos, **options)
    assert found.n_held_out == 50


@pytest.mark.parametrize("channels", [None, 3])
def test_pictures_get_the_size_and_mode_of_the_real_ones(folder, squares, channels):
    real = squares(50, channels=channels)[0]
    made = squares(20, seed=1)[0]
    samples = folder("samples", made, size=(18, 16), mode="RGBA")
    truth = made if channels is None else np.repeat(made[..., None], 3, axis=3)
    seen = []

    class Seeing(Corner):
        def __call__(self, images):
            seen.append(images)
            return super().__call__(images)

    evaluate(samples, real, features=Seeing())
    images = next(images for images in seen if len(images) == 20)
    assert images.shape == truth.shape
    assert np.abs(images.astype(int) - truth).mean() < 40


def test_sub_folders_are_classes(folder, squares, monkeypatch):
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 1)
    (real, labels), (made, wanted) = squares(50), squares(20, seed=1)
    photos, samples = folder("a", real, labels), folder("b", made, wanted)
    rows, made_rows = in_order(labels), in_order(wanted)
    options = {"features": Corner(), "random_state": 0}
    truth = evaluate(
        made[made_rows],
        real[rows],
        labels=labels[rows],
        generated_labels=wanted[made_rows],
        **options,
    )
    found = evaluate(samples, photos, **options)
    assert found.as_dict() == truth.as_dict()
    assert found.conditional_accuracy is not None
    assert found.classes.endswith("a 50 %, b 50 %")


def test_classes_of_one_side_are_no_classes(folder, squares):
    (real, labels), (made, wanted) = squares(50), squares(20, seed=1)
    options = {"features": Corner(), "random_state": 0}
    for samples, photos in (
        (folder("samples", made), folder("photos", real, labels)),
        (folder("some", made, wanted), folder("other", real)),
    ):
        found = evaluate(samples, photos, **options)
        assert found.conditional_accuracy is None
        assert (found.notes, found.classes) == ((), "")


def test_names_of_no_class(folder, squares):
    (real, labels), (made, wanted) = squares(50), squares(20, seed=1)
    samples = folder("samples", made, np.char.add("batch ", wanted))
    photos = folder("photos", real, labels)
    with pytest.warns(UserWarning, match="class of the generated images .batch a 50"):
        found = evaluate(samples, photos, features=Corner(), random_state=0)
    assert found.conditional_accuracy is None
    rows = in_order(labels)
    truth = evaluate(
        made[in_order(wanted)], real[rows], features=Corner(), random_state=0
    )
    assert found.frechet_distance.value == truth.frechet_distance.value


@pytest.mark.parametrize("text", ["real", "generated", "held out"])
def test_a_number_is_its_text(squares, monkeypatch, text):
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 1)
    sides = {}
    for seed, name in enumerate(("real", "generated", "held out")):
        images, labels = squares(40, seed=seed)
        numbers = np.where(labels == "a", 3, 10)
        sides[name] = images, numbers.astype(str) if name == text else numbers
    found = evaluate(
        sides["generated"][0],
        sides["real"][0],
        labels=sides["real"][1],
        generated_labels=sides["generated"][1],
        held_out=sides["held out"],
        features=Corner(),
        random_state=0,
    )
    assert not found.notes
    assert found.train_on_generated.reference is not None


def test_a_folder_that_is_not_there(tmp_path, squares):
    with pytest.raises(OSError, match="nothing"):
        evaluate(tmp_path / "nothing", squares(20)[0])


def test_too_few_pictures(folder, squares):
    with pytest.raises(ValueError, match="generated must be at least 4 images, got 3"):
        evaluate(folder("few", squares(3)[0]), squares(20)[0])
