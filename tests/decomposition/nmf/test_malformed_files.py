"""What is no NMF is refused, whatever a file holds; nothing in it is run."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from latentia import NMF, GaussianMixture


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nmf.safetensors"


@pytest.fixture(params=["cd", "kl", "holes"])
def saved(request, X, holes, path):
    parameters = {"solver": "mu", "beta_loss": 1.0} if request.param == "kl" else {}
    nmf = NMF(3, missing="nan", tol=0, max_iter=5, random_state=0, **parameters)
    nmf.fit(holes(X) if request.param == "holes" else X).save(path)
    return path


def test_no_file(tmp_path):
    for name in ("none.safetensors", "."):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            NMF.load(tmp_path / name)


def test_truncated(saved):
    whole = saved.read_bytes()
    for length in [*range(0, 120, 7), len(whole) // 2, len(whole) - 1]:
        saved.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"nmf\.safetensors is not a whole"):
            NMF.load(saved)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match=r"nmf\.safetensors is not a whole"):
        NMF.load(saved)


def test_one_bit_flipped(saved, X):
    """An error that names the file, or else factors: nothing between."""
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    places = [*range(0, header, 7), *rng.integers(header, len(whole), 60)]
    refused = 0
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << rng.integers(8)
        saved.write_bytes(flipped)
        try:
            nmf = NMF.load(saved)
        except (ValueError, OSError) as error:
            assert saved.name in str(error)  # noqa: PT017
            refused += 1
        else:
            assert np.isfinite(nmf.components_).all()
            assert (nmf.components_ >= 0).all()
            assert nmf.mean_weights_.shape == (len(nmf.components_),)
    assert refused > len(places) / 5


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


MALFORMED = {
    "another format": {"metadata": {"format": "latentia.GaussianMixture"}},
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
    "no word of statistics": {"model": {"statistics": None}},
    "statistics that are not there": {"model": {"statistics": "sums"}},
    "no feature names": {"model": {"feature_names": None}},
    "too few feature names": {"model": {"feature_names": ["a"]}},
    "feature names of another kind": {"model": {"feature_names": 3}},
    "unknown parameter": {"parameters": {"shell": "rm"}},
    "parameter of a path": {"parameters": {"self": 1}},
    "missing result": {"results": {"n_iter_": None}},
    "batches of another kind": {"results": {"n_batches_seen_": "many"}},
    "fewer batches than none": {"results": {"n_batches_seen_": -2}},
    "iterations of another kind": {"results": {"n_iter_": 2.5}},
    "converged of another kind": {"results": {"converged_": 1}},
    "error of another kind": {"results": {"reconstruction_err_": "high"}},
    "no components": {"tensors": {"components": None}},
    "no mean": {"tensors": {"mean_weights": None}},
    "no errors": {"tensors": {"reconstruction_errs": None}},
    "components of one axis": {"tensors": {"components": np.ones(17)}},
    "no components at all": {"tensors": {"components": np.ones((0, 17))}},
    "no features": {"tensors": {"components": np.ones((3, 0))}},
    "negative components": {"tensors": {"components": -np.ones((3, 17))}},
    "components that are not": {"tensors": {"components": np.full((3, 17), np.nan)}},
    "infinite components": {"tensors": {"components": np.full((3, 17), np.inf)}},
    "more components": {"tensors": {"components": np.ones((4, 17))}},
    "in half precision": {"tensors": {"components": np.ones((3, 17), np.float16)}},
    "in integers": {"tensors": {"components": np.ones((3, 17), np.int64)}},
    "mean of others": {"tensors": {"mean_weights": np.ones(2)}},
    "mean of two axes": {"tensors": {"mean_weights": np.ones((1, 3))}},
    "negative mean": {"tensors": {"mean_weights": -np.ones(3)}},
    "errors of two axes": {"tensors": {"reconstruction_errs": np.ones((2, 3))}},
    "errors that are not": {"tensors": {"reconstruction_errs": np.full(6, np.nan)}},
}
OF_SUMS = {
    "another kind": {"model": {"statistics": "moments"}},
    "no kind": {"model": {"statistics": ["sums"]}},
    "nothing above": {"tensors": {"above": None}},
    "nothing below": {"tensors": {"below": None}},
    "above of others": {"tensors": {"above": np.ones((16, 3))}},
    "below of others": {"tensors": {"below": np.ones((4, 4))}},
    "below of one axis": {"tensors": {"below": np.ones(3)}},
    "negative above": {"tensors": {"above": -np.ones((17, 3))}},
    "below that is not": {"tensors": {"below": np.full((3, 3), np.nan)}},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("saved", ["holes"], indirect=True)
def test_malformed(saved, changes):
    rewrite(saved, **changes)
    with pytest.raises(ValueError, match=r"nmf\.safetensors"):
        NMF.load(saved)


@pytest.mark.parametrize("changes", OF_SUMS.values(), ids=OF_SUMS)
@pytest.mark.parametrize("saved", ["cd", "kl"], indirect=True)
def test_malformed_statistics(saved, changes):
    rewrite(saved, **changes)
    with pytest.raises(ValueError, match=r"nmf\.safetensors"):
        NMF.load(saved)


@pytest.mark.parametrize("saved", ["cd"], indirect=True)
def test_foreign_files(tmp_path, saved, X):
    np.save(tmp_path / "a.npy", np.ones(3))
    saved.write_bytes((tmp_path / "a.npy").read_bytes())
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        NMF.load(saved)
    save_file({"components": np.ones((3, 17))}, saved)
    with pytest.raises(ValueError, match="holds something else, not latentia"):
        NMF.load(saved)
    GaussianMixture(1).fit(X).save(saved)
    with pytest.raises(ValueError, match=r"GaussianMixture, not latentia\.NMF"):
        NMF.load(saved)


@pytest.mark.parametrize("name", ["BF16", "F8_E4M3", "F8_E5M2"])
@pytest.mark.parametrize("saved", ["cd"], indirect=True)
def test_numbers_that_numpy_does_not_have(saved, name):
    whole = saved.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    width = {"BF16": 2}.get(name, 1)
    header["components"]["dtype"] = name
    header["components"]["shape"] = [3, 17 * 8 // width]
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
    with pytest.raises(ValueError, match=r"nmf\.safetensors"):
        NMF.load(saved)
