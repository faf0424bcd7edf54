"""What is no model is refused, whatever a file holds; nothing in it is run."""

import json
import struct

import numpy as np
import pytest

from latentia import NMF


def tensor(name, **kinds):
    """Changes that make this of a tensor, by what is wrong with it."""
    return {f"{name}: {what}": {"tensors": {name: A}} for what, A in kinds.items()}


NAN = np.nan
OF_ALL = {
    "no kind": {"metadata": {"kind": None}},
    "no description": {"metadata": {"model": None}},
    "no JSON": {"metadata": {"model": "{"}},
    "a list": {"metadata": {"model": "[1, 2]"}},
    "a number": {"metadata": {"model": "3"}},
    "nested too deep": {"metadata": {"model": "[" * 100_000}},
    "no parameters": {"model": {"parameters": None}},
    "parameters of another kind": {"model": {"parameters": [1]}},
    "no feature names": {"model": {"feature_names": None}},
    "too few feature names": {"model": {"feature_names": ["a"]}},
    "feature names of another kind": {"model": {"feature_names": 3}},
    "unknown parameter": {"parameters": {"shell": "rm"}},
    "parameter of a path": {"parameters": {"self": 1}},
}
SVD = {
    "no facts": {"model": {"facts": None}},
    "facts of another kind": {"facts": {"n_passes_": "many"}},
    "a flag for a number": {"facts": {"n_passes_": True}},
    "rows of batches of another kind": {"facts": {"n_samples_seen_": "many"}},
    **tensor(
        "components_",
        none=None,
        one_axis=np.ones(5),
        empty=np.ones((0, 5)),
        more=np.ones((3, 5)),
        integers=np.ones((2, 5), np.int64),
        not_finite=np.full((2, 5), NAN),
    ),
    **tensor("singular_values_", none=None, fewer=np.ones(1), nan=np.full(2, NAN)),
}
OF_EACH = {
    "PCA": SVD
    | {"samples of another kind": {"facts": {"n_samples_": "many"}}}
    | tensor("noise_variance_", a_list=np.ones(1))
    | tensor("mean_", others=np.ones(6), nan=np.full(5, NAN)),
    "TruncatedSVD": SVD,
    "NMF": {
        "no results": {"model": {"results": None}},
        "no word of statistics": {"model": {"statistics": None}},
        "statistics that are not there": {"model": {"statistics": "products"}},
        "missing result": {"results": {"n_iter_": None}},
        "batches of another kind": {"results": {"n_batches_seen_": "many"}},
        "fewer batches than none": {"results": {"n_batches_seen_": -2}},
        "iterations of another kind": {"results": {"n_iter_": 2.5}},
        "converged of another kind": {"results": {"converged_": 1}},
        "error of another kind": {"results": {"reconstruction_err_": "high"}},
        **tensor(
            "components",
            none=None,
            one_axis=np.ones(5),
            empty=np.ones((0, 5)),
            no_features=np.ones((2, 0)),
            negative=-np.ones((2, 5)),
            nan=np.full((2, 5), NAN),
            infinite=np.full((2, 5), np.inf),
            more=np.ones((3, 5)),
            half_precision=np.ones((2, 5), np.float16),
            integers=np.ones((2, 5), np.int64),
        ),
        **tensor(
            "mean_weights",
            none=None,
            others=np.ones(3),
            two_axes=np.ones((1, 2)),
            negative=-np.ones(2),
        ),
        **tensor(
            "reconstruction_errs",
            none=None,
            two_axes=np.ones((2, 5)),
            nan=np.full(10, NAN),
        ),
    },
    "GaussianMixture": {
        "no results": {"model": {"results": None}},
        "other components": {"parameters": {"n_components": 7}},
        "no such type": {"parameters": {"covariance_type": "round"}},
        "type of another kind": {"parameters": {"covariance_type": ["full"]}},
        "another type": {"parameters": {"covariance_type": "tied"}},
        "missing result": {"results": {"n_iter_": None}},
        "result of another kind": {"results": {"n_batches_seen_": "many"}},
        "number of another kind": {"results": {"lower_bound_": "high"}},
        **tensor(
            "weights",
            none=None,
            others=np.full(3, 1 / 3),
            negative=np.array([1.5, -0.5]),
            too_much=np.ones(2),
            nan=np.full(2, NAN),
        ),
        **tensor(
            "means",
            none=None,
            one_axis=np.zeros(2),
            infinite=np.full((2, 5), np.inf),
            no_features=np.zeros((2, 0)),
            half_precision=np.zeros((2, 5), np.float16),
            integers=np.zeros((2, 5), np.int64),
        ),
        **tensor(
            "covariances",
            none=None,
            fewer=np.ones((1, 5, 5)),
            singular=np.ones((2, 5, 5)),
            zero=np.zeros((2, 5, 5)),
            skew=np.stack([np.eye(5) + np.eye(5, k=1)] * 2),
        ),
        **tensor("lower_bounds", none=None),
    },
}
OF_SUMS = {
    "another kind": {"model": {"statistics": "moments"}},
    "no kind": {"model": {"statistics": ["products"]}},
    **tensor("numerator", none=None, others=np.ones((4, 2)), negative=-np.ones((5, 2))),
    **tensor(
        "denominator",
        none=None,
        others=np.ones((3, 3)),
        one_axis=np.ones(2),
        nan=np.full((2, 2), NAN),
    ),
}


@pytest.fixture
def saved(subject, X, tmp_path):
    """A model's file; NMF's of rows with holes, which leave no sums."""
    path = tmp_path / "model.safetensors"
    parameters = {}
    if subject.kind.__name__ == "NMF":
        parameters = {"missing": "nan"}
        X[3, 2] = np.nan
    subject.make(**parameters).fit(X).save(path)
    return path


def assert_refused(kind, path, what):
    try:
        kind.load(path)
    except ValueError as error:
        assert "model.safetensors" in str(error), what  # noqa: PT017
    else:
        pytest.fail(f"it was loaded: {what}")


def test_malformed(subject, saved, rewrite_model):
    whole = saved.read_bytes()
    subject.kind.load(saved)
    for what, changes in (OF_ALL | OF_EACH[subject.kind.__name__]).items():
        saved.write_bytes(whole)
        rewrite_model(saved, **changes)
        assert_refused(subject.kind, saved, what)


@pytest.mark.parametrize("loss", [{}, {"solver": "mu", "beta_loss": 1.0}])
def test_malformed_statistics(X, loss, tmp_path, rewrite_model):
    path = tmp_path / "model.safetensors"
    nmf = NMF(2, tol=0, max_iter=5, random_state=0, **loss).fit(X)
    for what, changes in OF_SUMS.items():
        nmf.save(path, overwrite=True)
        rewrite_model(path, **changes)
        assert_refused(NMF, path, what)


@pytest.mark.parametrize("name", ["BF16", "F8_E4M3", "F8_E5M2"])
def test_numbers_that_numpy_does_not_have(subject, saved, name):
    whole = saved.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    factor = next(n for n in ("components_", "components", "means") if n in header)
    bytes_each = 2 if name == "BF16" else 1
    header[factor] |= {"dtype": name, "shape": [2, 5 * 8 // bytes_each]}
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
    assert_refused(subject.kind, saved, name)
