"""Images too many for memory: refused before one is read, with a size that fits."""

import re
from pathlib import Path

import numpy as np
import pytest

from latentia import _room
from latentia._room import NoRoomError, available_memory, check_room

GIB = 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return what writes the files in which Linux tells of memory."""
    monkeypatch.setattr(_room, "PROC", tmp_path / "proc")
    monkeypatch.setattr(_room, "CGROUPS", tmp_path / "cgroup")

    def write(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    write(proc__meminfo="MemTotal: 9 kB\nMemAvailable: 3145728 kB\nSwapFree: 0 kB\n")
    return write


def group(machine, path: str, names: tuple[str, str], limit: str, used: int) -> None:
    machine(
        **{
            f"cgroup__{path}__{names[0]}": limit,
            f"cgroup__{path}__{names[1]}": str(used),
            f"cgroup__{path}__memory.stat": "file 7\ninactive_file 100\n"
            "total_inactive_file 100\n",
        }
    )


def test_memory_of_the_machine(machine):
    assert available_memory() == 3 * GIB


def test_without_any_files_it_is_what_the_machine_has(tmp_path, monkeypatch):
    monkeypatch.setattr(_room, "PROC", tmp_path)
    monkeypatch.setattr(_room, "CGROUPS", tmp_path)
    assert available_memory() > 2**26


@pytest.mark.parametrize(
    ("line", "path", "names"),
    [
        ("0::/a/b", "a", ("memory.max", "memory.current")),
        (
            "4:cpu,memory:/a/b",
            "memory/a/b",
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ),
    ],
)
def test_limits_of_control_groups(machine, line, path, names):
    machine(proc__self__cgroup=f"7:pids:/\n{line}\n")
    assert available_memory() == 3 * GIB
    # That of the group itself or of one that it is in; cached files can be dropped.
    group(machine, path, names, str(2 * GIB), GIB)
    assert available_memory() == GIB + 100
    group(machine, path, names, "max", GIB)
    assert available_memory() == 3 * GIB
    group(machine, path, names, str(GIB), 2 * GIB)
    assert available_memory() == 0


def test_a_size_that_fits_is_told(monkeypatch):
    monkeypatch.setattr(_room, "available_memory", lambda: 3 * GIB)
    check_room((1024, 3, 1024, 1024))
    with pytest.raises(NoRoomError, match=r"need 6\.0 GiB, as .*, 3\.0 are") as info:
        check_room((1024, 3, 1024, 1024), 2)
    height, width = map(int, re.search(r"--size (\d+)x(\d+)", str(info.value)).groups())
    assert f"size=({height}, {width})" in str(info.value)
    check_room((1024, 3, height, width), 2)
    assert 300 < height == width < 1024
    with pytest.raises(NoRoomError, match=r"^10,000,000,000 images .* fewer of them$"):
        check_room((10**10, 3, 1024, 1024))


@pytest.fixture
def pictures(tmp_path) -> Path:
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i, pixels in enumerate(rng.integers(0, 256, (10, 40, 32, 3), dtype=np.uint8)):
        image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


def test_folders_are_refused_before_they_are_read(pictures, monkeypatch):
    from latentia.datasets import image_folder

    monkeypatch.setattr(_room, "available_memory", lambda: 10 * 40 * 32 * 3 - 1)
    read = image_folder._decode

    def decode(*arguments):
        pytest.fail("it was read")

    monkeypatch.setattr(image_folder, "_decode", decode)
    with pytest.raises(
        MemoryError, match=r"10 images of 40×32 .*3 channel.*size=\("
    ) as (info):
        image_folder.load_image_folder(pictures)
    size = tuple(map(int, re.search(r"\((\d+), (\d+)\)", str(info.value)).groups()))
    monkeypatch.setattr(image_folder, "_decode", read)
    found = image_folder.load_image_folder(pictures, size=size)
    assert found.images.shape == (10, *size, 3)


def test_training_needs_room_for_what_is_held_out(pictures, monkeypatch):
    pytest.importorskip("torch")
    from latentia.generative import VAE

    monkeypatch.setattr(_room, "available_memory", lambda: 10 * 40 * 32 * 3)
    vae = VAE(latent_dim=2, network="mlp", preset="tiny", device="cpu")
    with pytest.raises(MemoryError, match=r"held out are copied, .*--size \d+x\d+"):
        vae.fit(pictures, validation=0.2, epochs=1)
    with pytest.raises(MemoryError, match="held out are copied"):
        vae.fit(sorted(pictures.iterdir()), validation=0.2, epochs=1)
    vae.fit(pictures, epochs=1)
    assert vae.image_shape_ == (40, 32, 3)
