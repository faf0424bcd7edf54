"""What is no mixture is refused, whatever a file holds; nothing in it is run."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from latentia import GaussianMixture


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mixture.safetensors"


@pytest.fixture
def saved(X, path):
    GaussianMixture(3, random_state=0).fit(X).save(path)
    return path


def test_no_file(tmp_path):
    for name in ("none.safetensors", "."):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            GaussianMixture.load(tmp_path / name)


def test_truncated(saved):
    whole = saved.read_bytes()
    for length in [*range(0, 120, 7), len(whole) // 2, len(whole) - 1]:
        saved.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"mixture\.safetensors is not a whole"):
            GaussianMixture.load(saved)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match=r"mixture\.safetensors is not a whole"):
        GaussianMixture.load(saved)


def test_one_bit_flipped(saved, X):
    """An error that names the file, or else a mixture: nothing between."""
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    places = [*range(0, header, 3), *rng.integers(header, len(whole), 200)]
    refused = 0
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << rng.integers(8)
        saved.write_bytes(flipped)
        try:
            with np.errstate(over="ignore"):  # a variance may become as small as any
                mixture = GaussianMixture.load(saved)
        except (ValueError, OSError) as error:
            assert saved.name in str(error)  # noqa: PT017
            refused += 1
        else:
            assert np.isfinite(mixture.means_).all()
            assert mixture.weights_.sum() == pytest.approx(1, abs=1e-5)
    assert refused > len(places) / 4


def rewrite(path, *, tensors=(), metadata=(), model=(), parameters=(), results=()):
    """Write the file again with these parts changed; None takes one out."""
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))["__metadata__"]
    description = json.loads(header["model"])
    arrays = load_file(path)
    for target, changes in [
        (arrays, tensors),
        (description, model),
        (description["parameters"], parameters),
        (description["results"], results),
    ]:
        for name, value in dict(changes).items():
            target[name] = value
            if value is None:
                del target[name]
    header["model"] = json.dumps(description)
    for name, value in dict(metadata).items():
        header[name] = value
        if value is None:
            del header[name]
    save_file(arrays, path, header or None)


NAN = np.full(3, np.nan)
MALFORMED = {
    "another format": {"metadata": {"format": "somebody.Else"}},
    "no format": {"metadata": {"format": None}},
    "a later version": {"metadata": {"version": "2"}},
    "no version": {"metadata": {"version": None}},
    "no description": {"metadata": {"model": None}},
    "no JSON": {"metadata": {"model": "{"}},
    "a list": {"metadata": {"model": "[1, 2]"}},
    "a number": {"metadata": {"model": "3"}},
    "nested too deep": {"metadata": {"model": "[" * 100_000}},
    "no parameters": {"model": {"parameters": None}},
    "parameters of another kind": {"model": {"parameters": [1]}},
    "no results": {"model": {"results": None}},
    "no feature names": {"model": {"feature_names": None}},
    "too few feature names": {"model": {"feature_names": ["a"]}},
    "feature names of another kind": {"model": {"feature_names": 3}},
    "unknown parameter": {"parameters": {"shell": "rm"}},
    "parameter of a path": {"parameters": {"self": 1}},
    "other components": {"parameters": {"n_components": 7}},
    "no such type": {"parameters": {"covariance_type": "round"}},
    "type of another kind": {"parameters": {"covariance_type": ["full"]}},
    "another type": {"parameters": {"covariance_type": "diag"}},
    "missing result": {"results": {"n_iter_": None}},
    "result of another kind": {"results": {"n_batches_seen_": "many"}},
    "number of another kind": {"results": {"lower_bound_": "high"}},
    "no weights": {"tensors": {"weights": None}},
    "no means": {"tensors": {"means": None}},
    "no covariances": {"tensors": {"covariances": None}},
    "no lower bounds": {"tensors": {"lower_bounds": None}},
    "weights of others": {"tensors": {"weights": np.full(2, 0.5)}},
    "negative weights": {"tensors": {"weights": np.array([1.5, -0.25, -0.25])}},
    "too much weight": {"tensors": {"weights": np.ones(3)}},
    "weights that are not": {"tensors": {"weights": NAN}},
    "means of one axis": {"tensors": {"means": np.zeros(3)}},
    "means that are not": {"tensors": {"means": np.full((3, 3), np.inf)}},
    "no features": {"tensors": {"means": np.zeros((3, 0))}},
    "fewer covariances": {"tensors": {"covariances": np.ones((2, 3, 3))}},
    "singular covariances": {"tensors": {"covariances": np.ones((3, 3, 3))}},
    "no covariance at all": {"tensors": {"covariances": np.zeros((3, 3, 3))}},
    "skew covariances": {
        "tensors": {"covariances": np.stack([np.eye(3) + np.eye(3, k=1)] * 3)}
    },
    "in half precision": {"tensors": {"means": np.zeros((3, 3), np.float16)}},
    "in integers": {"tensors": {"means": np.zeros((3, 3), np.int64)}},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_malformed(saved, changes):
    rewrite(saved, **changes)
    with pytest.raises(ValueError, match=r"mixture\.safetensors"):
        GaussianMixture.load(saved)


def test_foreign_files(tmp_path, path):
    np.save(tmp_path / "a.npy", np.ones(3))
    path.write_bytes((tmp_path / "a.npy").read_bytes())
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        GaussianMixture.load(path)
    save_file({"weights": np.ones(3)}, path)
    with pytest.raises(ValueError, match="holds something else, not latentia"):
        GaussianMixture.load(path)


@pytest.mark.parametrize("name", ["BF16", "F8_E4M3", "F8_E5M2"])
def test_numbers_that_numpy_does_not_have(saved, name):
    whole = saved.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    width = {"BF16": 2}.get(name, 1)
    header["means"]["dtype"] = name
    header["means"]["shape"] = [3, 3 * 8 // width]
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
    with pytest.raises(ValueError, match=r"mixture\.safetensors"):
        GaussianMixture.load(saved)
