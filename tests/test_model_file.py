"""What every saved model promises: its bits back, or an error that names the file."""

import errno
import json
import resource
import struct
from contextlib import contextmanager

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD, _model_file

X = np.random.default_rng(0).uniform(0, 1, (12, 2)).astype(np.float32)
MODELS = {
    "GaussianMixture": GaussianMixture(2, random_state=0, max_iter=500),
    "NMF": NMF(2, tol=0, max_iter=3, random_state=0),
    "PCA": PCA(2, random_state=0),
    "TruncatedSVD": TruncatedSVD(2, random_state=0),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param].fit(X)


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    return path


def test_one_bit_flipped(model, saved):
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(rng.integers(8))
        saved.write_bytes(flipped)
        with pytest.raises(ValueError, match=r"model\.safetensors") as error:
            type(model).load(saved)
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.slow
def test_every_bit_of_every_byte(model, saved):
    whole = saved.read_bytes()
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        saved.write_bytes(flipped)
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            type(model).load(saved)


def test_every_end_is_too_early(model, saved):
    whole = saved.read_bytes()
    for length in [*range(0, len(whole), 11), len(whole) - 1]:
        saved.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"model\.safetensors is not a whole"):
            type(model).load(saved)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match=r"model\.safetensors is not a whole"):
        type(model).load(saved)


def header_of(path):
    whole = path.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    return json.loads(whole[8 : 8 + length]), whole[8 + length :]


def write_with(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def test_swapped_tensors(model, saved):
    """Two of one shape change their names: each is whole, the model is another."""
    header, data = header_of(saved)
    forms = {}
    for name, entry in header.items():
        if name != "__metadata__":
            forms.setdefault((entry["dtype"], *entry["shape"]), []).append(name)
    one, other, *_ = max(forms.values(), key=len)
    header[one], header[other] = header[other], header[one]
    write_with(saved, header, data)
    with pytest.raises(ValueError, match="damaged or edited: its checksum does"):
        type(model).load(saved)


@pytest.mark.parametrize("name", ["format", "version", "kind", "model", "sha256"])
def test_metadata_are_under_the_checksum(model, saved, name):
    header, data = header_of(saved)
    metadata = header["__metadata__"]
    for value in (metadata[name] + " ", None):
        metadata[name] = value
        if value is None:
            del metadata[name]
        write_with(saved, header, data)
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            type(model).load(saved)
    write_with(saved, header | {"__metadata__": metadata | {"more": "1"}}, data)
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        type(model).load(saved)


def test_models_of_other_kinds_are_refused_by_name(model, saved):
    for kind in MODELS.keys() - {type(model).__name__}:
        with pytest.raises(ValueError, match=f"saved {type(model).__name__}, which "):
            type(MODELS[kind]).load(saved)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"version": "3"}, "has format version 3; this latentia reads version 2"),
        ({"version": None}, "has format version None; this latentia reads version 2"),
        ({"format": "latentia.NMF", "version": "1"}, "format version 1; this latentia"),
        ({"format": "somebody.Else"}, "holds somebody.Else, not a latentia model"),
        ({"format": None}, "holds something else, not a latentia model"),
    ],
)
def test_other_formats(model, saved, rewrite_model, metadata, says):
    rewrite_model(saved, metadata=metadata)
    with pytest.raises(ValueError, match=says):
        type(model).load(saved)


def test_foreign_files(model, saved):
    with saved.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        type(model).load(saved)
    save_file({"components": np.ones((3, 17))}, saved)
    with pytest.raises(ValueError, match="holds something else, not a latentia model"):
        type(model).load(saved)
    with pytest.raises(FileNotFoundError, match=r"no file.*none\.safetensors"):
        type(model).load(saved.with_name("none.safetensors"))
    with pytest.raises(IsADirectoryError, match="is a folder, not a file"):
        type(model).load(saved.parent)


def test_an_existing_file_is_kept_unless_told_otherwise(model, saved):
    before = saved.read_bytes()
    other = GaussianMixture(1).fit(X)
    for estimator in (model, other):
        with pytest.raises(FileExistsError, match="exists; overwrite=True replaces it"):
            estimator.save(saved)
    assert saved.read_bytes() == before
    other.save(saved, overwrite=True)
    assert GaussianMixture.load(saved).n_components == 1
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_names_that_are_no_files(model, tmp_path):
    path = tmp_path / "m.safetensors"
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=r"m\.safetensors is a folder"):
        model.save(path, overwrite=True)
    path.rmdir()
    path.symlink_to(path)
    with pytest.raises(OSError, match=r"m\.safetensors is a broken symbolic link"):
        model.save(path, overwrite=True)
    assert path.is_symlink()


def test_a_pipe_is_not_waited_for(model, tmp_path, make_pipe):
    path = make_pipe(tmp_path / "m.safetensors")
    with pytest.raises(OSError, match=r"m\.safetensors is a pipe or a device, not a "):
        type(model).load(path)
    with pytest.raises(OSError, match=r"m\.safetensors is a pipe or a device, not a "):
        model.save(path, overwrite=True)


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    SafetensorError("I/O error: No space left on device (os error 28)"),
    SafetensorError("No space left on device"),
]


@pytest.mark.parametrize("error", FULL)
def test_a_full_disk_leaves_the_earlier_file(model, saved, monkeypatch, error):
    before = saved.read_bytes()

    def full(tensors, path, metadata):
        path.write_bytes(b"half of it")
        raise error

    monkeypatch.setattr(_model_file, "save_file", full)
    for name in ("model.safetensors", "new.safetensors"):
        with pytest.raises(OSError, match=rf"{name} could not be written: No space"):
            model.save(saved.with_name(name), overwrite=True)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    assert saved.read_bytes() == before


@contextmanager
def files_of_at_most(n_bytes):
    """Python ignores the signal, so that writing more is an error as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_real_limit_of_the_file_system(model, saved):
    before = saved.read_bytes()
    too_large = pytest.raises(OSError, match=r"could not be written: File too large")
    with files_of_at_most(100), too_large as error:
        model.save(saved, overwrite=True)
    assert error.value.errno == errno.EFBIG
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    assert saved.read_bytes() == before


def test_arrays_that_numpy_made_otherwise(tmp_path):
    """In Fortran's order, of no length and of no axis: all come back."""
    arrays = {
        "order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "strides": np.arange(9)[::2],
        "empty": np.empty((0, 3)),
        "scalar": np.array(1.5, np.float32),
        "flags": np.array([True, False]),
    }
    path = tmp_path / "a.safetensors"
    _model_file.write_model(path, "Any", arrays, {"text": "größe \U0001f600"})
    kind, found, model = _model_file.read_model(path)
    assert (kind, model) == ("Any", {"text": "größe \U0001f600"})
    assert found.keys() == arrays.keys() == load_file(path).keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array, strict=True)
