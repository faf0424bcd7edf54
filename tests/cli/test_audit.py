"""``latentia audit``: tables, files, and what is refused."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    return random.integers(0, 256, (300, 8, 8), dtype=np.uint8)


@pytest.fixture
def sides(images, tmp_path):
    """Files of members, of other images, and of samples that are copies of members."""
    parts = {"in": images[:60], "out": images[60:], "made": images[:60]}
    for name, part in parts.items():
        np.save(tmp_path / f"{name}.npy", part)
    given = ["--members", tmp_path / "in.npy", "--non-members", tmp_path / "out.npy"]
    return given, tmp_path / "made.npy"


def test_samples(run, sides, tmp_path):
    given, made = sides
    out = tmp_path / "audit.json"
    code, said, _ = run("audit", "--samples", made, *given, "-o", out)
    assert code == 0
    assert "membership audit of 60 images: 60 members and 240 non-members" in said
    assert "cannot be resolved" in said
    assert "failed: members are recognised" in said
    found = json.loads(out.read_text())
    assert found["verdict"]["grade"] == "failed"
    code, _, said = run("audit", "--samples", made, *given, "-o", out)
    assert code == 2
    assert "--force" in said


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    from latentia.generative import GAN, VAE

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60, 8, 8), dtype=np.uint8)
    folder = tmp_path_factory.mktemp("runs")
    for cls in (VAE, GAN):
        cls(network="mlp", random_state=0).fit(
            images, epochs=1, run=folder / cls.__name__
        )
    return folder


@pytest.mark.parametrize(
    ("kind", "score"), [("VAE", "reconstruction"), ("GAN", "discriminator")]
)
def test_runs(run, sides, trained, kind, score):
    given, _ = sides
    code, said, _ = run("audit", trained / kind, *given, "-n", 50)
    assert code == 0
    assert f"a {kind}" in said
    assert "by 50 generated images" in said
    assert score in said


def test_private_images(run, images, sides, tmp_path):
    from latentia.privacy import PrivateImages

    given, _ = sides
    model = PrivateImages(epsilon=5, delta=1e-3, n_frequencies=10)
    model.fit(images[:60]).save(tmp_path / "private.safetensors")
    code, said, _ = run("audit", tmp_path / "private.safetensors", *given, "-n", 50)
    assert code == 0
    assert "a PrivateImages" in said
    assert "at δ = 0.001" in said
    assert "proven: 5" in said


def test_a_file_has_no_discriminator(run, sides, trained):
    given, _ = sides
    code, said, _ = run("audit", trained / "GAN/best.safetensors", *given, "-n", 50)
    assert code == 0
    assert "discriminator" not in said


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([], "--samples must be given, got neither"),
        (["run", "--samples", "made"], "--samples must be given, got run and made"),
        (["--samples", "made", "-n", "9"], "-n must only be given with a model"),
        (["run", "-n", "0"], "-n must be at least 1"),
        (["run", "--delta", "1"], "--delta must be a number"),
        (["run", "-o", "audit.txt"], "must end in .json"),
        (["no-such-run"], "no-such-run"),
    ],
)
def test_refused(run, sides, monkeypatch, tmp_path, extra, message):
    monkeypatch.chdir(tmp_path)
    given, _ = sides
    code, _, said = run("audit", *extra, *given)
    assert code == 2
    assert message in said
    assert not list(tmp_path.glob("audit.*"))


def test_members_that_are_non_members(run, sides):
    given, made = sides
    code, _, said = run("audit", "--samples", made, *given[:3], given[1])
    assert code == 2
    assert "must be different images" in said


def test_the_result_on_the_page_of_a_report(run, sides, trained, tmp_path):
    pytest.importorskip("matplotlib")
    given, _ = sides
    result, out = tmp_path / "audit.json", tmp_path / "page"
    run("audit", trained / "VAE", *given, "-n", 50, "-o", result)
    (tmp_path / "other.json").write_text("[]")
    report = ["report", trained / "VAE", "--data", given[1], "-o", out, "--audit"]
    code, _, said = run(*report, tmp_path / "other.json")
    assert code == 2
    assert "is no result of latentia audit" in said
    assert not out.exists()
    code, _, _ = run(*report, result)
    assert code == 0
    page = (out / "report.html").read_text("utf-8")
    assert "60 training images and 240 others" in page
