"""What is no NMF is refused, whatever a file holds; nothing in it is run."""

import json
import struct

import numpy as np
import pytest

from latentia import NMF


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nmf.safetensors"


@pytest.fixture(params=["cd", "kl", "holes"])
def saved(request, X, holes, path):
    parameters = {"solver": "mu", "beta_loss": 1.0} if request.param == "kl" else {}
    nmf = NMF(3, missing="nan", tol=0, max_iter=5, random_state=0, **parameters)
    nmf.fit(holes(X) if request.param == "holes" else X).save(path)
    return path


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
    "no word of statistics": {"model": {"statistics": None}},
    "statistics that are not there": {"model": {"statistics": "products"}},
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
    "no kind": {"model": {"statistics": ["products"]}},
    "nothing numerator": {"tensors": {"numerator": None}},
    "nothing denominator": {"tensors": {"denominator": None}},
    "numerator of others": {"tensors": {"numerator": np.ones((16, 3))}},
    "denominator of others": {"tensors": {"denominator": np.ones((4, 4))}},
    "denominator of one axis": {"tensors": {"denominator": np.ones(3)}},
    "negative numerator": {"tensors": {"numerator": -np.ones((17, 3))}},
    "denominator that is not": {"tensors": {"denominator": np.full((3, 3), np.nan)}},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("saved", ["holes"], indirect=True)
def test_malformed(saved, changes, rewrite_model):
    rewrite_model(saved, **changes)
    with pytest.raises(ValueError, match=r"nmf\.safetensors"):
        NMF.load(saved)


@pytest.mark.parametrize("changes", OF_SUMS.values(), ids=OF_SUMS)
@pytest.mark.parametrize("saved", ["cd", "kl"], indirect=True)
def test_malformed_statistics(saved, changes, rewrite_model):
    rewrite_model(saved, **changes)
    with pytest.raises(ValueError, match=r"nmf\.safetensors"):
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
