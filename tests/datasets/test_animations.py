"""Images one after another in a file: which, how long, how large."""

import errno

import numpy as np
import pytest
from PIL import Image

from latentia.datasets.animations import SUFFIXES, VIDEOS, save_animation

EXACT = (".webp", ".apng")
PICTURES = (".gif", *EXACT)
random = np.random.default_rng(0)


def images(n, *shape):
    return random.integers(0, 256, (n, *shape), dtype=np.uint8)


def frames(path):
    """Return the frames as RGBA, their milliseconds, and how often it is shown."""
    with Image.open(path) as file:
        found, times = [], []
        for i in range(file.n_frames):
            file.seek(i)
            found.append(np.asarray(file.convert("RGBA")))
            times.append(file.info["duration"])
        return np.stack(found), times, file.info["loop"]


@pytest.mark.parametrize("suffix", PICTURES)
def test_frames_are_the_images_magnified(tmp_path, suffix):
    path, shown = tmp_path / f"a{suffix}", images(4, 28, 20)
    save_animation(shown, path, fps=10)
    found, times, loop = frames(path)
    assert found.shape == (4, 9 * 28, 9 * 20, 4)
    expected = shown.repeat(9, axis=1).repeat(9, axis=2)
    for channel in range(3):
        np.testing.assert_array_equal(found[..., channel], expected)
    assert times == [100, 100, 100, 100]
    assert loop == 0


@pytest.mark.parametrize("suffix", EXACT)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_colours_and_opacity_are_exact(tmp_path, suffix, n_channels):
    path, shown = tmp_path / f"a{suffix}", images(3, 300, 9, n_channels)
    save_animation(shown, path)
    found = frames(path)[0]
    assert found.shape == (3, 300, 9, 4)
    opacity = shown[..., -1] if n_channels in (2, 4) else np.full(shown.shape[:3], 255)
    np.testing.assert_array_equal(found[..., 3], opacity)
    seen = opacity > 0
    for channel in range(3):
        own = shown[..., channel if n_channels > 2 else 0]
        np.testing.assert_array_equal(found[..., channel][seen], own[seen])


@pytest.mark.parametrize("n_channels", [3, 4])
def test_a_gif_has_few_colours(tmp_path, n_channels):
    shown = images(3, 8, 8, n_channels)
    shown[..., 3:] = np.where(shown[..., 3:] > 127, 255, 0)
    save_animation(shown, tmp_path / "a.gif")
    found = frames(tmp_path / "a.gif")[0][:, 16::32, 16::32]
    seen = found[..., 3] > 127
    if n_channels == 4:
        np.testing.assert_array_equal(seen, shown[..., 3] == 255)
    difference = np.abs(found[..., :3].astype(int) - shown[..., :3])[seen]
    assert difference.max() <= 16


@pytest.mark.parametrize("suffix", PICTURES)
@pytest.mark.parametrize("fps", [0.1, 7, 12, 24, 30, 50])
def test_roundings_of_time_do_not_add_up(tmp_path, suffix, fps):
    shown = images(60, 8, 8).repeat(32, axis=1).repeat(32, axis=2)
    save_animation(shown, tmp_path / f"a{suffix}", fps=fps)
    times = frames(tmp_path / f"a{suffix}")[1]
    assert sum(times) == pytest.approx(60_000 / fps, abs=5.01)
    assert max(times) - min(times) <= 10


@pytest.mark.parametrize("suffix", PICTURES)
def test_an_image_alone_and_the_same_twice(tmp_path, suffix):
    shown = images(2, 9, 8)
    save_animation(shown[:1], tmp_path / f"a{suffix}")
    with Image.open(tmp_path / f"a{suffix}") as file:
        pixels = np.asarray(file.convert("L"))
    np.testing.assert_array_equal(pixels[::28, ::28], shown[0])
    save_animation(shown[[0, 1, 1]], tmp_path / f"b{suffix}", fps=10)
    assert sum(frames(tmp_path / f"b{suffix}")[1]) == 300


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize(("fps", "shape"), [(12, (9, 13)), (12.5, (8, 8, 4))])
def test_videos(tmp_path, suffix, fps, shape):
    av = pytest.importorskip("av")
    shown = np.zeros((5, *shape), np.uint8)
    shown[:, :, :4] = np.arange(0, 250, 50).reshape(5, *[1] * len(shape))
    path, factor = tmp_path / f"a{suffix}", 256 // max(shape[:2])
    save_animation(shown, path, fps=fps)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == pytest.approx(fps)
        found = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
    assert len(found) == 5
    for image, frame in zip(shown, found, strict=True):
        height, width = (-(-side * factor // 2) * 2 for side in shape[:2])  # even
        assert frame.shape == (height, width, 3)
        expected = image[..., 0] if image.ndim == 3 else image
        if image.ndim == 3:  # laid over white
            opacity = image[..., 3] / 255
            expected = expected * opacity + 255 * (1 - opacity)
        middle = frame[factor // 2 :: factor, factor // 2 :: factor, 1]
        middle = middle[: shape[0], : shape[1]].astype(int)
        assert np.abs(middle - expected)[:, [0, 1, 2, 6, 7]].max() <= 8


def test_a_video_without_its_library(tmp_path, monkeypatch):
    from latentia.datasets import animations

    monkeypatch.setattr(animations, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="mp4 needs PyAV: pip install av"):
        save_animation(images(2, 8, 8), tmp_path / "a.mp4")
    save_animation(images(2, 8, 8), tmp_path / "a.gif")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_earlier_file_is_kept(tmp_path, suffix):
    if suffix in VIDEOS:
        pytest.importorskip("av")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="overwrite=True replaces it"):
        save_animation(images(2, 8, 8), path)
    assert path.read_bytes() == b"precious"
    save_animation(images(2, 8, 8), path, overwrite=True)
    assert path.read_bytes() != b"precious"


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save_animation(images(2, 8, 8), tmp_path / "a.gif")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("shown", "name", "fps", "message"),
    [
        (
            images(2, 8, 8),
            "a.avi",
            12,
            r"must end in .gif, .*.mp4 or .webm, got .*a.avi",
        ),
        (
            images(2, 8, 8),
            "a.gif",
            0,
            r"fps must be .* and at most 50, got 0",
        ),
        (
            images(2, 8, 8),
            "a.gif",
            51,
            r"fps must be .* and at most 50, got 51",
        ),
        (
            images(2, 8, 8),
            "a.gif",
            np.nan,
            r"fps must be .* and at most 50, got nan",
        ),
        (images(8, 8), "a.gif", 12, r"images must have shape .* got \(8, 8\)"),
        (images(0, 8, 8), "a.gif", 12, r"images must have shape .* got \(0, 8, 8\)"),
        (np.zeros((2, 8, 8)), "a.gif", 12, "images must be uint8, got float64"),
    ],
)
def test_bad_arguments(tmp_path, shown, name, fps, message):
    with pytest.raises(ValueError, match=message):
        save_animation(shown, tmp_path / name, fps=fps)
    assert not any(tmp_path.iterdir())
