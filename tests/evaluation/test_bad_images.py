"""Images that no feature space takes."""

import numpy as np
import pytest

from latentia.evaluation._images import check_images, check_labels

GREY = np.zeros((5, 8, 9), np.uint8)


@pytest.mark.parametrize(
    ("images", "error", "problem"),
    [
        (GREY[0], ValueError, r"shape \(n, H, W\) or \(n, H, W, C\)"),
        (np.zeros((5, 8, 9, 5), np.uint8), ValueError, "1 to 4 channels"),
        (GREY[:, :7], ValueError, "at least 8×8 pixels, got 7×9"),
        (GREY[:0], ValueError, "pictures must be at least 1 images, got 0"),
        (GREY.astype(np.int64) - 1, ValueError, r"pictures\[0\] .* from -1 to -1"),
        (np.full(GREY.shape, np.nan), ValueError, r"pictures\[0\] has NaN"),
        (np.full(GREY.shape, 255.0), ValueError, r"0\.\.1, such as pictures / 255"),
        (np.full(GREY.shape, 1.01), ValueError, r"pictures\[0\] has values outside"),
        (GREY.astype(complex), TypeError, r"integers in 0\.\.255, .* got complex128"),
    ],
)
def test_bad_images(images, error, problem):
    with pytest.raises(error, match=problem):
        check_images(images, "pictures")


LEVELS = np.random.default_rng(0).integers(0, 2, (5, 8, 9, 3), dtype=np.uint8) * 255


@pytest.mark.parametrize(
    "form",
    [
        *(np.int16, np.int64, np.uint16, np.uint32),
        np.ndarray.tolist,
        lambda x: x > 0,
        lambda x: (x > 0).tolist(),
        lambda x: (x / 255).tolist(),
        lambda x: (x / np.float32(255)) * np.float32(1 + 2e-7),
        lambda x: x / 255 - 1e-9,
        np.asfortranarray,
    ],
)
@pytest.mark.parametrize("images", [LEVELS, LEVELS[..., 0]])
def test_what_fit_takes(form, images):
    found = check_images(form(images), "pictures")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, images)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float16", "bfloat16"])
@pytest.mark.parametrize("images", [LEVELS, LEVELS[..., 0]])
def test_tensors_that_fit_takes(dtype, images):
    torch = pytest.importorskip("torch")
    in_front = np.moveaxis(images, -1, 1) if images.ndim == 4 else images
    tensor = torch.from_numpy(in_front.copy())
    if "float" in dtype:
        tensor = (tensor / 255).to(getattr(torch, dtype)).requires_grad_()
    else:
        tensor = tensor.to(getattr(torch, dtype))
    np.testing.assert_array_equal(check_images(tensor, "pictures"), images)


@pytest.mark.parametrize(
    ("labels", "plain"),
    [([True, False], [1, 0]), ([1.0, 2.0], [1, 2]), (["a", "b"], ["a", "b"])],
)
def test_labels_that_fit_takes(labels, plain):
    found = check_labels(labels, 2, "classes")
    assert found.dtype.kind in "iU"
    assert found.tolist() == plain


def test_another_size():
    with pytest.raises(ValueError, match="must have the size 8 × 8, got 8 × 9"):
        check_images(GREY, "pictures", shape=(8, 8))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_rounded(dtype):
    images = np.linspace(0, 1, GREY.size, dtype=dtype).reshape(GREY.shape)
    found = check_images(images, "pictures")
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found / 255, images, atol=0.5 / 255 + 1e-3)


def test_one_channel_has_no_axis():
    assert check_images(GREY[..., np.newaxis], "pictures").shape == GREY.shape


@pytest.mark.parametrize(
    ("labels", "error", "problem"),
    [
        ([1, 2], ValueError, r"classes must have one entry for each of 3"),
        ([[1], [2], [3]], ValueError, r"got the shape \(3, 1\)"),
        ([1.5, 2, 3], TypeError, "integers or strings, got dtype float64"),
        ([None, 1, 2], TypeError, "integers or strings, got dtype object"),
    ],
)
def test_bad_labels(labels, error, problem):
    with pytest.raises(error, match=problem):
        check_labels(labels, 3, "classes")


def test_labels_of_data_frames():
    words = np.array(["b", "a", "b"], dtype=object)
    assert check_labels(words, 3, "labels").tolist() == ["b", "a", "b"]
    numbers = np.array([3, 1, 3], dtype=object)
    assert check_labels(numbers, 3, "labels").dtype == np.int64
    for wrong in ([1, "a", 2], ["a", None, "b"]):
        with pytest.raises(TypeError, match="labels must be integers or strings"):
            check_labels(np.array(wrong, dtype=object), 3, "labels")
