"""`latentia sample`: files that go back into train, all of them or none."""

import errno
import tracemalloc

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from latentia.cli.sample import _folder_names
from latentia.datasets import load_image_folder, read_image
from latentia.datasets.image_grid import image_grid
from latentia.generative import GAN, RAE, ConditionalGAN, LatentMixture, load


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (24, 8, 9), dtype=np.uint8)


@pytest.fixture(scope="module")
def gan(images, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "gan"
    GAN(preset="tiny", random_state=0).fit(images, epochs=1).save(path)
    return path


@pytest.fixture(scope="module")
def cgan(images, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "cgan"
    y = np.resize(["bag", "T-shirt/top", "boot"], len(images))
    ConditionalGAN(preset="tiny", random_state=0).fit(images, y, epochs=1).save(path)
    return path


def test_files_are_the_images_of_the_seed(run, tmp_path, gan):
    out = tmp_path / "out"
    code, text, err = run("sample", gan, "-n", 7, "--seed", 3, "-o", out)
    assert code == 0, err
    assert "7 images are in" in text
    assert sorted(p.name for p in out.iterdir()) == [f"{i:05}.png" for i in range(7)]
    found = load_image_folder(out)
    np.testing.assert_array_equal(found.images, load(gan).sample(7, seed=3))
    assert found.labels is None
    assert read_image(tmp_path / "out.png").shape == (4 * 57 - 1, 2 * 64 - 1)


def test_truncation(run, tmp_path, gan, cgan):
    out = tmp_path / "a.png"
    for path in (gan, cgan):
        arguments = ["--truncation", 0.4, "-o", out, "--force"]
        assert run("sample", path, "-n", 3, *arguments)[0] == 0
        images = load(path).sample(3, seed=0, truncation=0.4)
        first = images[0].repeat(7, axis=0).repeat(7, axis=1)
        corner = read_image(out)[14 * (path == cgan) :][:56, :63]
        np.testing.assert_array_equal(corner, first)


def test_classes_have_folders_that_train_takes(run, tmp_path, cgan):
    out = tmp_path / "out"
    assert run("sample", cgan, "-n", 8, "-o", out)[0] == 0
    found = load_image_folder(out)
    assert found.classes == ("T-shirt_top", "bag", "boot")
    truth = load(cgan).sample(8, seed=0)
    order = [0, 3, 6, 1, 4, 7, 2, 5]
    assert [int(path.stem) for path in found.paths] == order
    np.testing.assert_array_equal(found.images, truth[order])
    # A column for each class, and its name above it.
    page = read_image(tmp_path / "out.png")
    assert page.shape == (14 + 3 * 57 - 1, 3 * 64 - 1)
    for begin in (0, 64, 128):
        heading = page[:14, begin : begin + 63]
        assert heading.max() == 255
        assert heading.min() < 128


def test_classes_that_are_asked_for_come_in_turn(run, tmp_path, cgan):
    out = tmp_path / "out"
    arguments = ["-y", "boot", "-y", "bag", "-o", out]
    assert run("sample", cgan, "-n", 5, *arguments)[0] == 0
    files = {p.relative_to(out).as_posix() for p in out.rglob("*.png")}
    boots = {f"boot/{i:05}.png" for i in (0, 2, 4)}
    assert files == boots | {"bag/00001.png", "bag/00003.png"}
    y = ["boot", "bag", "boot", "bag", "boot"]
    truth = load(cgan).sample(5, y, seed=0)
    np.testing.assert_array_equal(read_image(out / "bag" / "00003.png"), truth[3])


@pytest.fixture(scope="module")
def rae(images, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "rae"
    RAE(preset="tiny", network="mlp", latent_dim=2, random_state=0).fit(
        images, epochs=1
    ).save(path)
    return path


def test_an_autoencoder_has_the_classes_of_data(run, tmp_path, images, rae):
    y = np.resize(["bag", "boot"], len(images))
    np.savez(tmp_path / "data.npz", X=images, y=y)
    out = tmp_path / "out"
    arguments = ["--data", tmp_path / "data.npz", "-n", 5, "--seed", 3, "-o", out]
    code, _, err = run("sample", rae, *arguments)
    assert code == 0, err
    mixture = LatentMixture("samples", random_state=0).fit(load(rae), images, y)
    truth = mixture.sample(5, seed=3)
    np.testing.assert_array_equal(read_image(out / "boot" / "00003.png"), truth[3])
    np.save(tmp_path / "plain.npy", images)
    plain = ["--data", tmp_path / "plain.npy", "-n", 2, "-o", tmp_path / "new"]
    refused(run, "sample", rae, *plain, says="--data must have classes")
    arguments += ["-y", "boot", "--truncation", 0.5, "--force"]
    assert run("sample", rae, *arguments)[0] == 0
    assert [path.name for path in out.iterdir()] == ["boot"]


def test_earlier_samples_are_kept_without_force(run, tmp_path, gan):
    out = tmp_path / "out"
    assert run("sample", gan, "-n", 9, "-o", out)[0] == 0
    code, _, err = run("sample", gan, "-n", 2, "-o", out)
    assert code == 2
    assert "--force" in err
    assert len([*out.iterdir()]) == 9
    assert run("sample", gan, "-n", 2, "-o", out, "--force")[0] == 0
    assert len([*out.iterdir()]) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "out.png"]


def test_force_replaces_nothing_but_samples(run, tmp_path, gan):
    (tmp_path / "out" / "2026").mkdir(parents=True)
    (tmp_path / "out" / "2026" / "wedding.png").write_bytes(b"precious")
    code, _, err = run("sample", gan, "-n", 2, "-o", tmp_path / "out", "--force")
    assert code == 2
    assert "must hold only samples" in err
    assert (tmp_path / "out" / "2026" / "wedding.png").exists()


@pytest.mark.parametrize("failing", [0, 5, 6])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_full_disk_leaves_all_as_it_was(
    run, tmp_path, monkeypatch, gan, failing, earlier
):
    out, saved = tmp_path / "out", Image.Image.save
    if earlier:
        run("sample", gan, "-n", 3, "-o", out)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.png")}
    calls = iter(range(100))

    def save(self, path, **options):
        if next(calls) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        saved(self, path, **options)

    monkeypatch.setattr(Image.Image, "save", save)
    code, _, err = run("sample", gan, "-n", 6, "--seed", 1, "-o", out, "--force")
    assert code == 2
    assert "No space left" in err
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.png")} == before
    assert {p.name for p in tmp_path.iterdir()} == (
        {"out", "out.png"} if earlier else set()
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-n", "0", "-o", "new"], "-n must be at least 1, got 0"),
        (["-n", "2", "-o", "no/such"], "no folder no for such"),
        (["-n", "2", "-o", "file"], "file is a file, not a folder"),
        (["-n", "2", "-o", "new", "-y", "bag"], "-y is for models with classes"),
        (["-n", "2", "-o", "new", "--seed", "-1"], "seed must be at least 0, got -1"),
        (
            ["-n", "2", "-o", "new", "--truncation", "0"],
            "truncation must be a number above 0",
        ),
        (["-n", "2", "-o", "new", "--data", "file"], "for models with an encoder"),
    ],
)
def test_bad_arguments(run, tmp_path, monkeypatch, gan, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    refused(run, "sample", gan, *arguments, says=says)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_an_unknown_class(run, tmp_path, cgan):
    out = tmp_path / "out"
    refused(
        run,
        "sample",
        cgan,
        "-n",
        2,
        "-o",
        out,
        "-y",
        "hat",
        says="'hat': unknown class",
    )
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "model.safetensors"), (b"\x80\x04pickle", "not a whole safetensors file")],
)
def test_no_model(run, tmp_path, content, says):
    path = tmp_path / "model.safetensors"
    if content is not None:
        path.write_bytes(content)
    refused(run, "sample", path, "-n", 2, "-o", tmp_path / "out", says=says)
    assert not (tmp_path / "out").exists()


def test_a_name_of_a_picture_writes_one_grid(run, tmp_path, gan, cgan):
    out = tmp_path / "grid.png"
    code, text, err = run("sample", gan, "-n", 6, "-o", out, "--seed", 3)
    assert code == 0, err
    assert "a grid of 6 images" in text
    assert [p.name for p in tmp_path.iterdir()] == ["grid.png"]
    expected = image_grid(load(gan).sample(6, seed=3))
    np.testing.assert_array_equal(read_image(out), expected)
    assert run("sample", cgan, "-n", 6, "-o", out)[0] == 2
    assert run("sample", cgan, "-n", 6, "-o", out, "--force")[0] == 0
    assert read_image(out).shape == (14 + 2 * 57 - 1, 3 * 64 - 1)
    refused(run, "sample", gan, "-n", 2, "-o", tmp_path / "a.jpg", says="end in .png")


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_codes_of_a_file(run, tmp_path, gan, ending):
    path, out = tmp_path / f"codes{ending}", tmp_path / "out.png"
    z = load(gan).sample_codes(5, seed=8)
    np.save(path, z) if ending == ".npy" else np.savez(path, z)
    code, text, err = run("sample", gan, "--codes", path, "-o", out)
    assert code == 0, err
    assert "a grid of 5 images" in text
    expected = image_grid(load(gan).sample(5, seed=8))
    np.testing.assert_array_equal(read_image(out), expected)


def test_codes_with_classes(run, tmp_path, cgan):
    path, model = tmp_path / "codes.npz", load(cgan)
    z, y = model.sample_codes(3, seed=8), ["boot", "boot", "bag"]
    np.savez(path, codes=z, y=y, pixel_error=np.zeros(3))
    assert run("sample", cgan, "--codes", path, "-o", tmp_path / "own.png")[0] == 0
    expected = image_grid(model.decode(z, y))  # no headings: they are not in turn
    np.testing.assert_array_equal(read_image(tmp_path / "own.png"), expected)
    out = tmp_path / "out"
    assert run("sample", cgan, "--codes", path, "-y", "bag", "-o", out)[0] == 0
    found = load_image_folder(out)
    assert found.classes == ("bag",)
    np.testing.assert_array_equal(found.images, model.decode(z, "bag"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give either -n, how many images, or --codes"),
        (["-n", "2", "--codes", "z.npy"], "give either -n"),
        (["--seed", "2", "--codes", "z.npy"], "leave out --seed"),
        (["--truncation", "1", "--codes", "z.npy"], "and --truncation"),
        (["--codes", "no.npy"], "there is no file no.npy"),
        (["--codes", "z.csv"], "must be in a .npy or .npz file, got z.csv"),
        (["--codes", "two.npz"], "must be named codes, it holds a, b"),
        (["--codes", "bad.npy"], "bad.npy: not a readable .npy file of codes"),
        (["--codes", "pickle.npy"], "Object arrays cannot be loaded"),
        (["--codes", "short.npy"], "short.npy must have shape (n, 64)"),
        (["--codes", "nan.npy"], "got nan.npy[1, 0] = nan"),
        (["--codes", "z.npy", "-y", "bag"], "-y is for models with classes"),
        (["--codes", "z.npy", "-o", "z.npy"], "z.npy is a file, not a folder"),
    ],
)
def test_bad_codes(run, tmp_path, monkeypatch, gan, arguments, says):
    monkeypatch.chdir(tmp_path)
    z = np.zeros((2, 64))
    np.save("z.npy", z)
    (tmp_path / "z.csv").touch()
    np.savez("two.npz", a=z, b=z)
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY")
    np.save("pickle.npy", np.array([None]))
    np.save("short.npy", z[:, 1:])
    z[1, 0] = np.nan
    np.save("nan.npy", z)
    before = {*tmp_path.iterdir()}
    refused(run, "sample", gan, "-o", "new", *arguments, says=says)
    assert {*tmp_path.iterdir()} == before


def test_samples_are_never_all_in_memory(run, tmp_path, gan, monkeypatch):
    """Files are written while images are made: a block at a time."""
    counts, decode = [], GAN.decode_tensor

    def counting(self, codes, labels):
        counts.append(len([*tmp_path.rglob("*.png")]))
        return decode(self, codes, labels)

    monkeypatch.setattr(GAN, "decode_tensor", counting)
    assert run("sample", gan, "-n", 150, "-o", tmp_path / "out")[0] == 0
    assert counts == [0, 64, 128]


def test_images_take_little_more_memory_than_they_are(gan):
    model = load(gan)
    model.sample(1, seed=0)
    shape = (20_000, 8, 9)
    before = tracemalloc_peak(lambda: np.empty(shape, np.uint8))
    codes = 4 * model.latent_dim_ * shape[0]
    peak = tracemalloc_peak(lambda: model.sample(shape[0], seed=0))
    assert peak < 1.1 * (before + codes) + 1e6


def tracemalloc_peak(function):
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_names_of_folders_keep_every_script_and_no_device():
    names = _folder_names(["CON", "nul.txt", "e\u0301te\u0301", "किताब", r"$\frac{$"])
    assert names == {
        "CON": "CON_",
        "nul.txt": "nul.txt_",
        "e\u0301te\u0301": "été",
        "किताब": "किताब",
        r"$\frac{$": "__frac__",
    }


def test_names_of_folders_are_no_paths_and_differ():
    names = _folder_names(
        ["..", "/etc", "a/b", "a_b", ".git", "Zwölf", "9", "", "x" * 300]
    )
    assert len(set(names.values())) == 9
    for name in names.values():
        assert name == name.strip(". ")
        assert 0 < len(name) < 100
        assert "/" not in name
    assert _folder_names(["10", "2", "Zwölf"]) == {x: x for x in ("10", "2", "Zwölf")}


def refused(run, *arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
