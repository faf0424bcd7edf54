"""Arrays and tensors: every type and layout gives the same bytes, or a clear error."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative.data import arrays, as_image_set, to_numpy  # noqa: E402

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 9, 11), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (5, 9, 11, 3), dtype=np.uint8)


def bytes_of(X, **options):
    image_set = as_image_set(X, **options)
    assert image_set.images.dtype == torch.uint8
    assert image_set.images.is_contiguous()
    assert image_set.labels is None
    return image_set.images.numpy()


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_channels_go_first_and_come_back(n_channels):
    X = RNG.integers(0, 256, (3, 8, 10, n_channels), dtype=np.uint8)
    image_set = as_image_set(X)
    assert image_set.image_shape == (n_channels, 8, 10)
    np.testing.assert_array_equal(image_set.images, np.moveaxis(X, -1, 1))
    back = to_numpy(image_set.images)
    np.testing.assert_array_equal(back, X[..., 0] if n_channels == 1 else X)
    assert back.flags.c_contiguous


@pytest.mark.parametrize("values_at_a_time", [1, 250, 2**22])
@pytest.mark.parametrize(
    "dtype",
    ["float16", "float32", "float64", ">f4", "longdouble", "int64", ">u2", "i2"],
)
def test_every_type_gives_the_same_bytes(monkeypatch, dtype, values_at_a_time):
    monkeypatch.setattr(arrays, "_BLOCK", values_at_a_time)
    dtype = np.dtype(dtype)
    for X in (GREY, COLOUR):
        typed = (X / 255).astype(dtype) if dtype.kind == "f" else X.astype(dtype)
        np.testing.assert_array_equal(bytes_of(typed), bytes_of(X))


def test_floats_are_rounded_to_255ths():
    shades = np.array([0.0, 0.4, 0.6, 1.4, 254.4, 254.6, 255.0, 255.3, -0.3])
    X = np.tile(shades / 255, (2, 8, 1))
    assert bytes_of(X)[1, 0, 7].tolist() == [0, 0, 1, 1, 254, 255, 255, 255, 0]


@pytest.mark.parametrize("as_type", [np.asarray, torch.as_tensor])
def test_booleans_are_black_and_white(as_type):
    images = bytes_of(as_type(GREY > 127))
    np.testing.assert_array_equal(images[:, 0], np.where(GREY > 127, 255, 0))


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X[::-1].copy()[::-1],
        lambda X: X.swapaxes(1, 2).copy().swapaxes(1, 2),
        list,
        lambda X: [torch.as_tensor(np.moveaxis(image, -1, 0)) for image in X],
        lambda X: X.tolist(),
    ],
    ids=["fortran", "strided", "reversed", "transposed", "list", "tensors", "nested"],
)
def test_layouts(layout):
    np.testing.assert_array_equal(bytes_of(layout(COLOUR)), bytes_of(COLOUR))


def test_contiguous_bytes_are_not_copied(tmp_path):
    np.save(tmp_path / "X.npy", GREY)
    read_only = np.load(tmp_path / "X.npy", mmap_mode="r")
    for X in (GREY, GREY[..., None], read_only):
        assert np.shares_memory(bytes_of(X), X)
    tensor = torch.as_tensor(np.moveaxis(COLOUR, -1, 1).copy())
    assert as_image_set(tensor).images.data_ptr() == tensor.data_ptr()


def test_a_read_only_memmap_of_floats(tmp_path):
    np.save(tmp_path / "X.npy", (COLOUR / 255).astype(np.float32))
    read_only = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(bytes_of(read_only), bytes_of(COLOUR))


@pytest.mark.parametrize(
    "layout",
    [
        lambda X: X.to(memory_format=torch.channels_last),
        lambda X: X.transpose(2, 3).contiguous().transpose(2, 3),
        lambda X: X.double().requires_grad_().mul(1),
        lambda X: X.bfloat16(),
        lambda X: X.to_sparse(),
        lambda X: X.mul(255).round().long(),
        lambda X: X.mul(255).round().byte().to(memory_format=torch.channels_last),
        lambda X: torch.nn.Parameter(X),
    ],
)
def test_tensors(layout):
    # Shades that bfloat16 has too.
    X = torch.as_tensor(RNG.integers(0, 2, (3, 3, 8, 9))).float()
    np.testing.assert_array_equal(bytes_of(layout(X)), X.mul(255).byte())


def test_grey_tensors_have_no_channels():
    tensor = torch.as_tensor(GREY)
    np.testing.assert_array_equal(bytes_of(tensor), GREY[:, None])
    np.testing.assert_array_equal(bytes_of(tensor[:, None]), GREY[:, None])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_tensors_on_a_device():
    tensor = torch.as_tensor(GREY)
    np.testing.assert_array_equal(bytes_of(tensor.cuda()), GREY[:, None])
    np.testing.assert_array_equal(bytes_of(tensor.cuda() / 255), GREY[:, None])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (GREY[0, 0], r"X has images of shape \(\): .*\(H, W\) or \(H, W, C\)"),
        (GREY.reshape(5, -1), r"shape \(99,\).*X\.reshape\(-1, H, W\)"),
        (np.zeros((2, 9, 9, 5)), r"shape \(9, 9, 5\).*1 to 4 channels"),
        (np.zeros((2, 9, 9, 0)), r"shape \(9, 9, 0\).*1 to 4 channels"),
        (np.zeros((2, 2, 9, 9, 3)), r"shape \(2, 9, 9, 3\)"),
        (np.moveaxis(COLOUR, -1, 1), r"\(3, 9, 11\).*NumPy.*np\.moveaxis\(X, -3, -1\)"),
        (torch.as_tensor(COLOUR), r"\(9, 11, 3\).*tensor.*torch\.movedim\(X, -1, -3\)"),
        (GREY[:, :7], r"7×11 pixels \(height × width\), at least 8×8"),
        (torch.as_tensor(GREY)[:, :, :7], r"9×7 pixels.*at least 8×8 is needed; size="),
        (GREY[:0], r"X has 0 image\(s\), 2 are needed"),
        (GREY[:1] / 255, r"X has 1 image\(s\), 2 are needed"),
        (GREY.astype(float), r"X\[0\] has values .*to 255.*0\.\.1, such as X / 255$"),
        (GREY * 257.0, r"X goes from .*such as X / 65535$"),
        (GREY / 16.0, r"X goes from 0 to 15\.9375.*such as X / X\.max\(\)$"),
        (GREY / 127.5 - 1, r"X goes from -1 to 1.*such as \(X \+ 1\) / 2$"),
        (GREY - 128.0, r"such as \(X - X\.min\(\)\) / \(X\.max\(\) - X\.min\(\)\)$"),
        (
            GREY.astype(int) - 9,
            r"X\[0\] has values from -.*integers must be in 0\.\.255",
        ),
        (GREY.astype(np.uint16) * 257, r"values from .* to \d{5}: integers must be"),
    ],
)
def test_bad_values(X, message):
    with pytest.raises(ValueError, match=message):
        as_image_set(X)


@pytest.mark.parametrize("values_at_a_time", [1, 200, 2**22])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
@pytest.mark.parametrize("as_type", [np.asarray, torch.as_tensor])
def test_the_first_bad_image_is_named(monkeypatch, as_type, value, values_at_a_time):
    monkeypatch.setattr(arrays, "_BLOCK", values_at_a_time)
    X = GREY / 255
    X[3, 2, 1] = X[4, 0, 0] = value
    expected = "outside 0..1" if value == 1e308 else "NaN or infinity"
    with pytest.raises(ValueError, match=rf"X\[3\] has .*{expected}"):
        as_image_set(as_type(X))


@pytest.mark.parametrize("dtype", [complex, "S3", object, "datetime64[s]"])
def test_bad_types(dtype):
    with pytest.raises(TypeError, match=r"X must be integers .*, got .* in X\[0\]"):
        as_image_set(np.zeros((2, 9, 9), dtype=dtype))


@pytest.mark.parametrize("X", [None, 3, iter([GREY[0]]), {GREY[0].tobytes()}])
def test_not_images_at_all(X):
    with pytest.raises(TypeError, match=r"X is a \w+: an array, a tensor, the path"):
        as_image_set(X)


def test_least():
    assert len(as_image_set(GREY[:1], least=1)) == 1
    with pytest.raises(ValueError, match=r"X has 5 image\(s\), 6 are needed"):
        as_image_set(GREY, least=6)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_size_covers_then_crops(n_channels):
    # The height fits, the width sticks out: only the middle stripe is left.
    stripes = np.repeat(np.array([0, 100, 200], np.uint8), 10)
    X = np.tile(stripes[:, None], (2, 10, 1, n_channels))
    X[..., 3:] = 255
    images = bytes_of(X, size=(10, 10))
    assert images.shape == (2, n_channels, 10, 10)
    assert np.abs(images[:, :3, :, 3:-3].astype(int) - 100).max() <= 2
    assert (images[:, 3:] == 255).all()


def test_size_scales_small_images_up():
    assert bytes_of(GREY[:, :4, :4] / 255, size=(16, 8)).shape == (5, 1, 16, 8)
    np.testing.assert_array_equal(bytes_of(GREY, size=(9, 11)), GREY[:, None])


@pytest.mark.parametrize("size", [32, (7, 8), (8, 8, 3), (8.0, 9.0), "ab", (-9, 9)])
def test_bad_size(size):
    with pytest.raises(
        ValueError, match=r"size must be .* at least 8 each or None, got"
    ):
        as_image_set(GREY, size=size)


def test_floats_become_the_nearest_bytes():
    shades = torch.tensor([-0.5, 0.0, 0.3, 0.5, 1.0, 1.5])
    images = shades.expand(2, 1, 8, 6).requires_grad_()
    back = to_numpy(images)
    assert back.shape == (2, 8, 6)
    assert back[1, 7].tolist() == [0, 0, 76, 128, 255, 255]
    assert to_numpy(images.bfloat16()).dtype == np.uint8


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_modes(mode, n_channels):
    X = np.full((3, 9, 11, n_channels), 60, np.uint8)
    if n_channels == 4:
        X[..., 3] = 0  # what cannot be seen becomes white
    images = as_image_set(X, mode=mode).images
    assert images.shape == (3, len(mode), 9, 11)
    seen = 255 if n_channels == 4 and mode != "RGBA" else 60
    assert (images[:, :3] == seen).all()
    tensor = torch.from_numpy(np.moveaxis(X, -1, 1).copy())
    np.testing.assert_array_equal(as_image_set(tensor, mode=mode).images, images)
    if len(mode) == n_channels:
        assert as_image_set(tensor, mode=mode).images.data_ptr() == tensor.data_ptr()


def test_bad_modes():
    with pytest.raises(ValueError, match=r"mode must be .*RGBA or None, got 'CMYK'"):
        as_image_set(GREY, mode="CMYK")
    with pytest.raises(ValueError, match=r"2 channels.*mode 'RGB'"):
        as_image_set(np.zeros((2, 9, 9, 2)), mode="RGB")
