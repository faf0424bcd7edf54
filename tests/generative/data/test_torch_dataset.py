"""Datasets: every kind of item; the one that is wrong is named."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import (  # noqa: E402
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
)

from latentia.generative.data import as_image_set  # noqa: E402

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (4, 9, 11), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (4, 9, 11, 3), dtype=np.uint8)


class Items(Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        if isinstance(self.items[i], Exception):
            raise self.items[i]
        return self.items[i]


def test_arrays_and_labels():
    image_set = as_image_set(Items(list(zip(COLOUR, "baba", strict=True))))
    np.testing.assert_array_equal(image_set.images, np.moveaxis(COLOUR, -1, 1))
    assert image_set.classes.tolist() == ["a", "b"]
    assert image_set.labels.tolist() == [1, 0, 1, 0]


def test_every_form_of_an_image():
    pillow = pytest.importorskip("PIL.Image")
    forms = [
        GREY[0],
        GREY[0][..., None],
        GREY[0] / 255,
        GREY[0].tolist(),
        torch.as_tensor(GREY[0]),
        torch.as_tensor(GREY[0])[None] / 255,
        pillow.fromarray(GREY[0]),
        (GREY[0],),
        (GREY[0], None),
    ]
    image_set = as_image_set(Items(forms))
    assert (image_set.images.numpy() == GREY[0]).all()
    assert image_set.images.shape == (len(forms), 1, 9, 11)
    assert image_set.labels is None


def test_datasets_of_tensors():
    X = torch.as_tensor(COLOUR).permute(0, 3, 1, 2) / 255
    y = torch.tensor([7, 3, 7, 3])
    part = as_image_set(Subset(TensorDataset(X, y), [3, 0, 0]), labelled=True)
    np.testing.assert_array_equal(part.images, np.moveaxis(COLOUR, -1, 1)[[3, 0, 0]])
    assert part.classes.tolist() == [3, 7]
    assert part.labels.tolist() == [0, 1, 1]
    assert as_image_set(TensorDataset(X)).labels is None


def test_y_takes_the_place_of_own_labels():
    items = Items([(image, None) for image in GREY])
    assert as_image_set(items, list("abab")).labels.tolist() == [0, 1, 0, 1]
    items = Items([(image, np.nan) for image in GREY])
    assert as_image_set(items, list("abab")).labels.tolist() == [0, 1, 0, 1]
    with pytest.raises(ValueError, match="y has 3 labels for 4 images"):
        as_image_set(items, list("aba"))


def test_size_is_for_all():
    pillow = pytest.importorskip("PIL.Image")
    tensor = torch.as_tensor(GREY[1, :8]) / 255
    items = Items([GREY[0], tensor, pillow.fromarray(GREY[2, :, :4])])
    assert as_image_set(items, size=(12, 10)).images.shape == (3, 1, 12, 10)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (OSError("no such file"), r"X\[2\] could not be read: OSError: no such file"),
        (KeyError("a"), r"X\[2\] could not be read: KeyError: 'a'"),
        (GREY[0, :8], r"X\[2\] has 8×11 pixels of 1 channel.*X\[0\] has 9×11 .*size="),
        (
            COLOUR[0],
            r"X\[2\] has 9×11 pixels of 3 channel.*, X\[0\] .* of 1 .* mode",
        ),
        (GREY[0, :7], r"X\[2\] has images of 7×11 pixels.*8×8 is needed"),
        (np.moveaxis(COLOUR[0], -1, 0), r"X\[2\] has images of shape \(3, 9, 11\)"),
        (torch.as_tensor(COLOUR[0]), r"X\[2\] has images of shape \(9, 11, 3\)"),
        (GREY[0] / 1.0, r"X\[2\] has values outside 0\.\.1.*X / 255"),
        (np.full((9, 11), np.nan), r"X\[2\] has NaN or infinity"),
        ({"picture": GREY[0]}, r"X\[2\] .*a dictionary of 'picture'.*'image'"),
        ((GREY[0], 1, 2), r"X\[2\] could not be read: .*a tuple of 3"),
        ((), r"X\[2\] could not be read: .*a tuple of 0"),
        ("a.png", r"X\[2\] could not be read: FileNotFoundError.*a\.png"),
        (None, r"X\[2\] .*shape \(\)"),
    ],
)
def test_the_bad_item_is_named(item, message):
    with pytest.raises(ValueError, match=message):
        as_image_set(Items([GREY[0], GREY[1], item]))


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([1, 2, None, 1], TypeError, r"label of X\[2\] = None"),
        ([1, 2, np.nan, 1], ValueError, r"label of X\[2\] = nan"),
        ([1, 2, torch.tensor([1, 0]), 1], TypeError, r"label of X\[2\] = tensor"),
        ([1, 2, "a", 1], TypeError, r"label of X mixes strings and integers"),
    ],
)
def test_bad_labels(labels, error, message):
    with pytest.raises(error, match=message):
        as_image_set(Items(list(zip(GREY, labels, strict=True))), labelled=True)


@pytest.mark.parametrize(
    "label",
    [np.zeros(40), torch.zeros(40), [0, 1, 1], np.nan, None, {"a": 1}, ("x", 3), 0.5],
)
def test_what_is_no_label_is_passed_over_without_classes(label):
    image_set = as_image_set(Items([(GREY[0], label), (GREY[1], label)]))
    np.testing.assert_array_equal(image_set.images[:, 0], GREY[:2])
    assert image_set.labels is None
    assert len(image_set.classes) == 0


@pytest.mark.parametrize("image", ["image", "img", "pixel_values"])
@pytest.mark.parametrize("label", ["label", "labels", "target"])
def test_dictionaries(image, label):
    items = [{"id": i, image: GREY[i], label: "ab"[i % 2]} for i in range(4)]
    image_set = as_image_set(Items(items), labelled=True)
    np.testing.assert_array_equal(image_set.images[:, 0], GREY[:4])
    assert image_set.labels.tolist() == [0, 1, 0, 1]
    assert as_image_set(Items([{image: GREY[0]}] * 2)).labels is None


@pytest.mark.parametrize(
    "form", [list, tuple, np.array, lambda paths: np.array(paths, dtype=object)]
)
@pytest.mark.parametrize("kind", [str, Path])
def test_lists_of_paths(tmp_path, form, kind):
    pillow = pytest.importorskip("PIL.Image")
    paths = []
    for number in range(3):
        paths.append(kind(tmp_path / f"{number}.png"))
        pillow.fromarray(GREY[number]).save(paths[-1])
    image_set = as_image_set(form(paths), list("aba"))
    np.testing.assert_array_equal(image_set.images[:, 0], GREY[:3])
    pairs = as_image_set(list(zip(paths, "aba", strict=True)), labelled=True)
    assert pairs.fingerprint == image_set.fingerprint


def test_random_transforms_are_told():
    class Flipped(Items):
        def __getitem__(self, i):
            return super().__getitem__(i)[:, :: RNG.choice([1, -1])]

    with pytest.warns(UserWarning, match=r"random transforms.*resume= will not"):
        as_image_set(Flipped(list(np.concatenate([GREY] * 8))))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_items_of_several_modes_are_brought_to_one(tmp_path, mode):
    pillow = pytest.importorskip("PIL.Image")
    picture = pillow.fromarray(COLOUR[0])
    picture.save(tmp_path / "a.png")
    items = [picture, tmp_path / "a.png", COLOUR[0], picture.convert("RGBA")]
    images = as_image_set(Items(items), mode=mode).images.numpy()
    expected = np.atleast_3d(np.asarray(picture.convert(mode))).transpose(2, 0, 1)
    np.testing.assert_array_equal(images, [expected] * 4)
    assert as_image_set(Items([picture, GREY[0]]), mode=mode).image_shape[0] == len(
        mode
    )


def test_pillow_images_of_unknown_scale_and_damaged(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    wide = pillow.fromarray(GREY[0].astype(np.float32))
    with pytest.raises(ValueError, match=r"X\[1\] could not be read: .*32-bit"):
        as_image_set([GREY[0], wide])
    pillow.fromarray(GREY[0]).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[:-40])
    with (
        pillow.open(tmp_path / "a.png") as cut,
        pytest.raises(ValueError, match=r"X\[1\] could not be read: .*truncated"),
    ):
        as_image_set([GREY[0], cut])


def test_what_is_no_dataset():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(GREY)

    for X in (Stream(), DataLoader(Items(GREY))):
        with pytest.raises(TypeError, match=r"X is a (Stream|DataLoader): .*map-style"):
            as_image_set(X)


def test_too_few():
    with pytest.raises(ValueError, match=r"X has 0 image\(s\), 2 are needed"):
        as_image_set(Items([]))
    with pytest.raises(ValueError, match=r"X has 1 image\(s\), 2 are needed"):
        as_image_set(Items([GREY[0]]))
