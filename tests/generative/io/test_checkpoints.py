"""Files that are damaged, edited, or of something else are refused and named."""

import errno
import json
import pickle
import resource
from contextlib import contextmanager

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

torch = pytest.importorskip("torch")

from latentia import _model_file  # noqa: E402
from latentia.generative import GAN, ConditionalGAN, load  # noqa: E402
from latentia.generative.training import run_folder, trainer  # noqa: E402
from latentia.generative.training.checkpoint import (  # noqa: E402
    read_checkpoint,
    write_checkpoint,
)

pytestmark = pytest.mark.usefixtures("scored_by_epochs")

X = np.random.default_rng(0).integers(0, 256, (32, 8, 9), dtype=np.uint8)
Y = np.array(["a", "b"])[np.arange(32) % 2]
TINY = {"preset": "tiny", "batch_size": 8, "device": "cpu", "random_state": 0}


def gan(**parameters):
    return GAN(**{**TINY, "network": "mlp", **parameters})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("saved")
    gan().fit(X, Y, epochs=1, run=folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    for name in ("last.safetensors", "best.safetensors"):
        (tmp_path / name).write_bytes((saved / name).read_bytes())
    return tmp_path


def both_refuse(file, message):
    with pytest.raises(ValueError, match=message) as one:
        GAN.load(file, device="cpu")
    with pytest.raises(ValueError, match=message):
        load(file, device="cpu")
    assert str(file) in str(one.value)
    if file.name == "last.safetensors":
        with pytest.raises(ValueError, match=message):
            gan().fit(X, Y, resume=file)


def test_there_and_back(tmp_path):
    tensors = {
        "scalar": torch.tensor(2.5),
        "whole": torch.arange(6).reshape(2, 3),
        "none": torch.empty(0, 4),
        "not.contiguous": torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "parameter": torch.nn.Parameter(torch.rand(3)),
        "flags": torch.tensor([True, False]),
    }
    described = {"class": "Any", "x": 0.1 + 0.2, "names": ["é", "ß"], "none": None}
    described["nan"] = np.nan
    write_checkpoint(tmp_path / "a.safetensors", tensors, described)
    found, read = read_checkpoint(tmp_path / "a.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)
    assert repr(sorted(read.items())) == repr(sorted(described.items()))


@pytest.mark.parametrize("name", ["last.safetensors", "best.safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated(folder, name, share):
    file = folder / name
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    both_refuse(file, "is not a whole safetensors file")


@pytest.mark.parametrize("name", ["last.safetensors", "best.safetensors"])
def test_flipped_bits(folder, name):
    file = folder / name
    whole = bytearray(file.read_bytes())
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 12):
        flipped = whole.copy()
        flipped[place] ^= 1 << int(random.integers(8))
        file.write_bytes(flipped)
        with pytest.raises(ValueError, match=name):
            GAN.load(file, device="cpu")


def test_flipped_bits_in_the_numbers(folder):
    file = folder / "last.safetensors"
    whole = bytearray(file.read_bytes())
    whole[-3] ^= 4
    file.write_bytes(whole)
    both_refuse(file, "was damaged or edited: its checksum does not match")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"mlp", b"MLP"), (b'\\"step\\": 4', b'\\"step\\": 3'), (b'"F32"', b'"I32"')],
)
def test_edited_header(folder, old, new):
    file = folder / "last.safetensors"
    whole = file.read_bytes()
    assert old in whole
    file.write_bytes(whole.replace(old, new))
    both_refuse(file, "was damaged or edited: its checksum does not match")


def test_other_safetensors(folder):
    file = folder / "last.safetensors"
    arrays = load_file(file)
    save_file(arrays, file)
    both_refuse(file, "holds something else, not a latentia model")
    save_file(arrays, file, {"format": "latentia.generative", "version": "1"})
    both_refuse(file, "has format version 1; this latentia reads version 2")
    save_file(arrays, file, {"format": "latentia model", "version": "99"})
    both_refuse(file, "has format version 99; this latentia reads version 2")
    save_file(arrays, file, {"format": "latentia model", "version": "2"})
    both_refuse(file, "was damaged or edited: its checksum does not match")


@pytest.mark.parametrize("model", ["{", "[" * 10**5, "{}", "3", "[1]"])
def test_descriptions_that_are_none(folder, model, rewrite_model):
    file = folder / "best.safetensors"
    rewrite_model(file, metadata={"model": model})
    both_refuse(file, "has no readable description|holds no GAN")


class Boom:
    def __reduce__(self):
        return pytest.fail, ("code of the file was run",)


def test_pickles_are_not_read(folder):
    file = folder / "best.safetensors"
    with file.open("wb") as stream:
        pickle.dump(Boom(), stream)
    both_refuse(file, "is not a whole safetensors file")
    torch.save({"networks": torch.zeros(3), "boom": Boom()}, file)
    both_refuse(file, "is not a whole safetensors file")


def test_a_whole_file_that_is_no_model(tmp_path):
    """The checksum is right, and still nothing but a ValueError comes out."""
    file = tmp_path / "best.safetensors"
    for content in ({"class": "GAN"}, {"class": "GAN", "parameters": 3}):
        write_checkpoint(file, {"averaged.x": torch.zeros(1)}, content, overwrite=True)
        both_refuse(file, "holds no GAN")
    write_checkpoint(file, {}, {"class": "Model"}, overwrite=True)
    both_refuse(file, "holds a saved Model, (not one of|which GAN)")


def test_another_training_version(folder):
    for name in ("best.safetensors", "last.safetensors"):
        tensors, metadata = read_checkpoint(folder / name)
        metadata["training_version"] = 2
        write_checkpoint(folder / name, tensors, metadata, overwrite=True)
        both_refuse(folder / name, "training format is version 2, .* reads version 6")


def test_faults_of_the_code_are_not_taken_for_faults_of_the_file(folder, monkeypatch):
    def faulty(self, networks, record, compute):
        return self.no_such_attribute

    monkeypatch.setattr(GAN, "set_fitted", faulty)
    with pytest.raises(AttributeError, match="no_such_attribute"):
        GAN.load(folder, device="cpu")


def test_another_class(folder):
    with pytest.raises(ValueError, match="holds a saved GAN, which ConditionalGAN"):
        ConditionalGAN.load(folder)
    with pytest.raises(ValueError, match=r"holds a GAN, not a ConditionalGAN"):
        ConditionalGAN(**TINY).fit(X, Y, resume=folder)
    assert type(load(folder, device="cpu")) is GAN


def test_what_is_not_there(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere"):
        GAN.load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    message = "empty holds no best.safetensors and no last.safetensors"
    with pytest.raises(FileNotFoundError, match=message):
        GAN.load(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match=r"empty holds no last\.safetensors"):
        gan().fit(X, resume=tmp_path / "empty")
    (folder / "last.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"holds no last\.safetensors"):
        gan().fit(X, Y, resume=folder)


def test_load_on_a_device_that_is_absent(folder):
    with pytest.raises(ValueError, match="device='cuda:77': PyTorch sees"):
        GAN.load(folder, device="cuda:77")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="device='cuda': PyTorch sees 0 CUDA"):
            load(folder, device="cuda")


def test_a_model_without_its_training(folder):
    (folder / "last.safetensors").unlink()
    model = GAN.load(folder, device="cpu")
    assert (model.n_steps_, model.image_shape_, model.preset_) == (4, (8, 9), "tiny")
    model.save(folder / "again")
    assert [p.name for p in (folder / "again").iterdir()] == ["best.safetensors"]
    again = load(folder / "again", device="cpu")
    np.testing.assert_array_equal(again.sample(3, seed=2), model.sample(3, seed=2))
    with pytest.raises(ValueError, match=r"only samples: last\.safetensors is what"):
        gan().fit(X, Y, resume=folder / "best.safetensors")


def test_a_training_loads_too(folder):
    model = GAN.load(folder / "last.safetensors", device="cpu")
    assert model.sample(2).shape == (2, 8, 9)


def test_size_is_a_tuple_again(tmp_path):
    gan(size=(10, 8)).fit(X, epochs=1, run=tmp_path)
    assert GAN.load(tmp_path, device="cpu").size == (10, 8)
    assert gan(size=(10, 8)).fit(X, epochs=2, resume=tmp_path).n_steps_ == 8


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"latent_dim": 3}, "was trained with latent_dim = 64, here it is 3"),
        ({"network": "conv"}, "was trained with network = mlp, here it is conv"),
        ({"loss": "hinge"}, "was trained with loss='relativistic', not 'hinge'"),
        ({"gamma": 2.0}, "was trained with gamma=None, not 2.0"),
        ({"augment": True}, "was trained with augment=False, not True"),
        ({"batch_size": 4}, "was trained with batch_size = 8, here it is 4"),
        ({"learning_rate": 1e-3}, "was trained with learning_rate = 0.0002, here"),
        ({"preset": "small"}, "was trained with preset = tiny, here it is small"),
        ({"size": (8, 9)}, r"was trained with size=None, not \(8, 9\)"),
    ],
)
def test_resume_with_other_parameters(folder, parameters, message):
    with pytest.raises(ValueError, match=message):
        gan(**parameters).fit(X, Y, resume=folder)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (255 - X, Y, "was trained on other images or labels"),
        (X, Y[::-1], "was trained on other images or labels"),
        (X[:-1], Y[:-1], "was trained on other images or labels"),
        (X[:, :, :-1], Y, r"was trained with shape = \(1, 8, 9\), here it is"),
        (X[..., None].repeat(3, 3), Y, "was trained with shape"),
    ],
)
def test_resume_with_other_images(folder, images, labels, message):
    before = (folder / "last.safetensors").read_bytes()
    with pytest.raises(ValueError, match=message):
        gan().fit(images, labels, resume=folder)
    assert (folder / "last.safetensors").read_bytes() == before


@pytest.mark.filterwarnings("ignore:X gives other images:UserWarning")
def test_resume_with_random_transforms_tells_what_to_do(tmp_path):
    class Flipped(torch.utils.data.Dataset):
        random = np.random.default_rng(0)

        def __len__(self):
            return len(X)

        def __getitem__(self, i):
            return X[i][:, :: self.random.choice([1, -1])]

    gan().fit(Flipped(), epochs=1, run=tmp_path)
    message = "random transforms gives others .*: leave .* out .*, or keep the images"
    with pytest.raises(ValueError, match=message):
        gan().fit(Flipped(), epochs=2, resume=tmp_path)
    # What it says helps.
    kept = np.stack([Flipped()[i] for i in range(len(X))])
    gan().fit(kept, epochs=1, run=tmp_path / "kept")
    gan().fit(kept, epochs=2, resume=tmp_path / "kept")


def test_resume_with_other_classes(tmp_path):
    def model():
        return ConditionalGAN(**TINY, network="mlp")

    model().fit(X, Y, epochs=1, run=tmp_path)
    with pytest.raises(ValueError, match=r"with the classes \['a', 'b'\], not \['a', "):
        model().fit(X, np.where(Y == "b", "c", Y), resume=tmp_path)


def test_resume_with_other_validation(folder):
    with pytest.raises(
        ValueError, match=r"on 32 images, here on 24, .*validation must be"
    ):
        gan().fit(X, Y, validation=0.25, resume=folder)


def test_what_may_differ(folder):
    model = gan(verbose=1, random_state=9, precision="float32")
    assert model.fit(X, Y, epochs=2, resume=folder).n_steps_ == 8


# A full disk.


@contextmanager
def files_of_at_most(n_bytes):
    """Python ignores the signal, so that writing more is an error as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_real_limit_of_the_file_system(folder):
    model = GAN.load(folder, device="cpu")
    before = (folder / "best.safetensors").read_bytes()
    too_large = pytest.raises(OSError, match=r"best\.safetensors|large")
    with files_of_at_most(10_000), too_large:
        model.save(folder, overwrite=True)
    assert (folder / "best.safetensors").read_bytes() == before
    assert len(list(folder.iterdir())) == 2


def test_an_existing_model_is_kept_unless_told_otherwise(folder):
    model = gan(random_state=1).fit(X, epochs=1)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(FileExistsError, match=r"best\.safetensors exists; overwrite="):
        model.save(folder)
    (folder / "best.safetensors").unlink()
    with pytest.raises(FileExistsError, match=r"last\.safetensors exists; overwrite="):
        model.save(folder)
    assert (folder / "last.safetensors").read_bytes() == before["last.safetensors"]
    model.save(folder, overwrite=True)
    np.testing.assert_array_equal(
        GAN.load(folder, device="cpu").sample(2, seed=0), model.sample(2, seed=0)
    )


def test_a_training_does_not_replace_a_saved_model(folder):
    (folder / "last.safetensors").unlink()
    with pytest.raises(FileExistsError, match="holds a run"):
        gan().fit(X, epochs=1, run=folder)


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    SafetensorError("I/O error: No space left on device (os error 28)"),
]


@pytest.mark.parametrize("error", FULL)
def test_saving(folder, monkeypatch, error):
    model = GAN.load(folder, device="cpu")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(_model_file, "save_file", full)
    with pytest.raises(OSError, match="No space left on device"):
        model.save(folder, overwrite=True)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@pytest.mark.parametrize("error", FULL)
def test_in_the_middle_of_a_training(tmp_path, monkeypatch, error):
    """The disk is full for a while: the training ends well, and its files are whole."""
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    save, turns = _model_file.save_file, iter(range(100))

    def full(tensors, path, metadata):
        if 2 <= next(turns) < 5:
            path.write_bytes(b"half")
            raise error
        save(tensors, path, metadata)

    monkeypatch.setattr(_model_file, "save_file", full)
    with pytest.warns(RuntimeWarning, match=r"could be written: .*No space"):
        model = gan().fit(X, epochs=4, run=tmp_path)
    assert read_checkpoint(tmp_path / "last.safetensors")[1]["state"]["step"] == 16
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    np.testing.assert_array_equal(
        GAN.load(tmp_path, device="cpu").sample(2, seed=0), model.sample(2, seed=0)
    )


def test_at_the_end_of_a_training(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    save, turns = _model_file.save_file, iter(range(100))

    def full(tensors, path, metadata):
        if next(turns) >= 3:
            raise FULL[0]
        save(tensors, path, metadata)

    with monkeypatch.context() as patch:
        patch.setattr(_model_file, "save_file", full)
        with (
            pytest.warns(RuntimeWarning, match="no checkpoint could be written"),
            pytest.raises(OSError, match="No space left"),
        ):
            gan().fit(X, epochs=4, run=tmp_path)
    # start, best and last of the first epoch were written; from there it goes on
    assert read_checkpoint(tmp_path / "last.safetensors")[1]["state"]["step"] == 4
    resumed = gan().fit(X, resume=tmp_path)
    whole = gan().fit(X, epochs=4)
    np.testing.assert_array_equal(resumed.sample(3, seed=0), whole.sample(3, seed=0))


def test_a_grid_that_cannot_be_written_ends_nothing(tmp_path, monkeypatch):
    def full(path, image):
        raise FULL[0]

    monkeypatch.setattr(run_folder, "write_png", full)
    with pytest.warns(RuntimeWarning, match="no grid of samples could be written: "):
        model = gan().fit(X, epochs=2, run=tmp_path)
    assert model.n_steps_ == 8


def test_a_run_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        gan().fit(X, run=tmp_path / "file" / "run")
    model = gan().fit(X, epochs=1)
    with pytest.raises(NotADirectoryError, match=r"path='.*file' is a file"):
        model.save(tmp_path / "file")


def test_files_hold_no_nan_that_json_lacks(folder):
    for row in json.loads(
        json.dumps(read_checkpoint(folder / "last.safetensors")[1]["state"]["history"])
    ):
        assert all(np.isfinite(value) for value in row.values())


def test_what_was_half_written_goes(folder):
    """A process that is killed while it writes leaves the file that it began."""
    (folder / ".last.safetensors.x7y8").write_bytes(b"half")
    gan().fit(X, Y, resume=folder)
    assert not [p.name for p in folder.iterdir() if p.name.startswith(".")]


def test_resume_scored_on_other_images(folder):
    with pytest.raises(ValueError, match="validation must be the same"):
        gan().fit(X, Y, validation=255 - X, resume=folder)


def test_auto_resumes_what_it_resolves_to(folder):
    assert gan(learning_rate=2e-4).fit(X, Y, epochs=2, resume=folder).n_steps_ == 8
