"""What is no mixture is refused, whatever a file holds; nothing in it is run."""

import json
import struct

import numpy as np
import pytest

from latentia import GaussianMixture
from latentia.mixture import mixture_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mixture.safetensors"


@pytest.fixture
def saved(X, path):
    GaussianMixture(3, random_state=0).fit(X).save(path)
    return path


NAN = np.full(3, np.nan)
MALFORMED = {
    "no kind": {"metadata": {"kind": None}},
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
def test_malformed(saved, changes, rewrite_model):
    rewrite_model(saved, **changes)
    with pytest.raises(ValueError, match=r"mixture\.safetensors"):
        GaussianMixture.load(saved)


def test_our_own_errors_are_not_hidden(saved, monkeypatch):
    """An AttributeError is a bug of ours, not of the file."""

    def fail(*_):
        raise AttributeError("a bug")

    monkeypatch.setattr(mixture_file, "write_parameters", fail)
    with pytest.raises(AttributeError, match="a bug"):
        GaussianMixture.load(saved)


def test_the_cause_is_kept(saved, rewrite_model):
    rewrite_model(saved, parameters={"shell": "rm"})
    with pytest.raises(ValueError, match="holds no mixture") as caught:
        GaussianMixture.load(saved)
    assert isinstance(caught.value.__cause__, TypeError)


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
