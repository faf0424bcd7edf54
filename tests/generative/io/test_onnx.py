"""ONNX files give the model's images, by another library, for any number of codes."""

import json
import sys
from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

import latentia  # noqa: E402
from latentia.generative import GAN, RAE, VAE, ConditionalGAN  # noqa: E402
from latentia.generative.latent.noise import normal  # noqa: E402

OPTIONS = {"preset": "tiny", "batch_size": 20, "random_state": 0, "latent_dim": 6}
NAMES = np.array(["bag", "coat", "ständer"])
SIZES = [1, 2, 5, 70]


@pytest.fixture(autouse=True, scope="module")
def one_table_of_operators():
    """PyTorch makes it at every export, which takes half of the time."""
    inside = "torch.onnx._internal.exporter._registration"
    table = pytest.importorskip(inside).ONNXRegistry
    with pytest.MonkeyPatch.context() as patch:
        once = staticmethod(cache(table.from_torchlib))
        patch.setattr(table, "from_torchlib", once)
        yield


def pictures(n_channels=1):
    """Framed by every network: 10 × 13 does not halve evenly."""
    random = np.random.default_rng(0)
    shape = (40, 10, 13) if n_channels == 1 else (40, 10, 13, n_channels)
    return random.integers(0, 256, shape, dtype=np.uint8)


def fitted(kind, n_channels=1, **options):
    model = kind(**OPTIONS, **options)
    y = NAMES[np.arange(40) % 3] if kind is ConditionalGAN else None
    return model.fit(pictures(n_channels), y, epochs=1)


def ran(path, **inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    (found,) = session.run(None, inputs)
    return found


def codes(n):
    return np.random.default_rng(n).standard_normal((n, 6), dtype=np.float32)


def channels_last(images):
    """Images as the models give them: uint8 (n, H, W) or (n, H, W, C)."""
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 1
    levels = np.rint(images * 255).astype(np.uint8)
    return levels[:, 0] if levels.shape[1] == 1 else levels.transpose(0, 2, 3, 1)


def close(images, truth):
    assert images.shape == truth.shape
    return abs(images.astype(int) - truth).max() <= 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (GAN, {"network": "resnet", "n_channels": 3}),
        (ConditionalGAN, {"network": "conv"}),
        pytest.param(ConditionalGAN, {"network": "dcgan"}, marks=pytest.mark.slow),
        pytest.param(ConditionalGAN, {"network": "mlp"}, marks=pytest.mark.slow),
    ],
)
def test_a_gan(tmp_path, kind, options):
    """The noise of a seed gives the images of the seed."""
    model = fitted(kind, **options)
    before = model.sample(3, seed=1)
    path = tmp_path / "generator.onnx"
    model.export(path)
    onnx.checker.check_model(path, full_check=True)
    for n in SIZES:
        inputs, y = {"z": normal(1, n, 6)}, {}
        if kind is ConditionalGAN:
            inputs["y"] = np.arange(n)[::-1] % 3
            y = {"y": NAMES[inputs["y"]]}
        truth = model.sample(n, seed=1, **y)
        assert close(channels_last(ran(path, **inputs)), truth)
    np.testing.assert_array_equal(model.sample(3, seed=1), before)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (VAE, {"likelihood": "bernoulli", "network": "mlp"}),
        (RAE, {"n_channels": 3, "n_components": 1}),
        pytest.param(VAE, {"n_channels": 3}, marks=pytest.mark.slow),
    ],
)
def test_an_autoencoder(tmp_path, kind, options):
    model = fitted(kind, **options)
    path, encoder = tmp_path / "decoder.onnx", tmp_path / "encoder.onnx"
    model.export(path)
    model.export(encoder, encoder=True)
    images = pictures(options.get("n_channels", 1))
    for n in SIZES:
        z = codes(n)
        assert close(channels_last(ran(path, z=z)), model.decode(z))
        some = images[:n]
        floats = (some[:, None] if some.ndim == 3 else np.moveaxis(some, 3, 1)) / 255
        found = ran(encoder, images=floats.astype(np.float32))
        np.testing.assert_allclose(found, model.encode(some), rtol=0, atol=1e-4)


def test_what_the_file_says(tmp_path):
    model = fitted(ConditionalGAN, network="mlp", n_channels=3)
    path = tmp_path / "generator.onnx"
    model.export(path)
    session = onnxruntime.InferenceSession(path)
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told.pop("classes")) == NAMES.tolist()
    assert json.loads(told.pop("image_shape")) == [3, 10, 13]
    assert told == {
        "model": "ConditionalGAN",
        "part": "decoder",
        "version": latentia.__version__,
        "latent_dim": "6",
        "z": "standard normal",
    }
    z, y = session.get_inputs()
    (images,) = session.get_outputs()
    assert (z.name, z.shape, z.type) == ("z", ["n", 6], "tensor(float)")
    assert (y.name, y.shape, y.type) == ("y", ["n"], "tensor(int64)")
    assert (images.name, images.shape) == ("images", ["n", 3, 10, 13])
    # Neither lines of this machine's files, nor anything that differs between calls.
    assert b".py" not in path.read_bytes()
    # What the user set in PyTorch has no say.
    again, before = tmp_path / "again.onnx", torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            model.export(again)
    finally:
        torch.set_default_dtype(before)
    assert again.read_bytes() == path.read_bytes()


@pytest.fixture(scope="module")
def gan():
    return fitted(GAN, network="mlp")


@pytest.mark.parametrize(
    ("name", "options", "error", "problem"),
    [
        ("a.pt", {}, ValueError, r"must end in \.onnx, got .*a\.pt"),
        ("a.onnx", {"encoder": True}, ValueError, "a GAN has no encoder"),
        ("there.onnx", {}, FileExistsError, "overwrite=True replaces it"),
        ("no/a.onnx", {}, OSError, "a.onnx"),
    ],
)
def test_bad_arguments(tmp_path, gan, name, options, error, problem):
    (tmp_path / "there.onnx").write_text("precious")
    with pytest.raises(error, match=problem):
        gan.export(tmp_path / name, **options)
    assert (tmp_path / "there.onnx").read_text() == "precious"
    assert [file.name for file in tmp_path.iterdir()] == ["there.onnx"]


def test_a_model_that_is_not_fitted(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        GAN().export(tmp_path / "a.onnx")


def test_what_to_install(tmp_path, gan, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ImportError, match=r"pip install onnx onnxscript"):
        gan.export(tmp_path / "a.onnx")


def test_the_command(tmp_path, gan, monkeypatch, capsys):
    from latentia.cli import main

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["latentia", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    run_folder, path = tmp_path / "run", tmp_path / "generator.onnx"
    gan.save(run_folder)
    path.write_text("precious")
    code, _, err = run("export", run_folder, "-o", path)
    assert (code, "--force overwrites it" in err) == (2, True)
    assert path.read_text() == "precious"
    assert run("export", run_folder, "-o", path, "--force")[::2] == (0, "")
    assert close(channels_last(ran(path, z=normal(1, 3, 6))), gan.sample(3, seed=1))
    code, _, err = run("export", run_folder, "-o", path, "--force", "--encoder")
    assert (code, "a GAN has no encoder" in err) == (2, True)
    code, _, err = run("export", run_folder, "-o", tmp_path / "a.pt2")
    assert (code, "must end in .onnx" in err) == (2, True)
