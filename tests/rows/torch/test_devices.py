"""Fits of tensors on CUDA, as far as that can be shown without a card."""

import warnings

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD, randomized_svd
from latentia.rows import as_rows

torch = pytest.importorskip("torch")


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    values = rng.gamma(1.0, size=(90, 3)) @ rng.gamma(1.0, size=(3, 8))
    return (values + 0.2 * rng.random((90, 8))).astype(np.float32)


def test_two_devices_in_an_operation(pretend_cuda):
    there, here = torch.ones(3, 2, device="cuda"), torch.ones(2, 2)
    assert there.is_cuda
    assert (there @ here.to("cuda")).device.type == "cuda"
    assert (there * torch.tensor(2.0)).device.type == "cuda"
    assert there[torch.tensor([0, 2])].device.type == "cuda"
    for wrong in (lambda: there @ here, lambda: here[torch.tensor([0]).to("cuda")]):
        with pytest.raises(RuntimeError, match="same device"):
            wrong()
    with pytest.raises(TypeError, match="numpy"):
        there.numpy()
    assert there.cpu().numpy().sum() == 6


ESTIMATORS = {
    "PCA": (PCA, {}, ["transform", "score_samples"]),
    "PCA by Krylov": (PCA, {"svd_solver": "randomized"}, ["transform"]),
    "PCA by power": (
        PCA,
        {"svd_solver": "randomized", "iterated_power": 2},
        ["transform"],
    ),
    "PCA by LAPACK": (PCA, {"svd_solver": "full"}, ["transform"]),
    "PCA of all": (PCA, {"n_components": 8}, ["transform"]),
    "SVD": (TruncatedSVD, {}, ["transform"]),
    "SVD by ARPACK": (TruncatedSVD, {"algorithm": "arpack"}, ["transform"]),
    "NMF": (NMF, {}, ["transform"]),
    "NMF by mu": (NMF, {"solver": "mu"}, ["transform"]),
    "NMF of KL": (NMF, {"solver": "mu", "beta_loss": "kl"}, ["transform"]),
    "NMF of IS": (NMF, {"solver": "mu", "beta_loss": "is"}, ["transform"]),
    "NMF at random": (NMF, {"init": "random", "alpha_W": 1e-3}, ["transform"]),
} | {
    f"{kind} mixture": (
        GaussianMixture,
        {"covariance_type": kind},
        ["predict", "predict_proba", "score_samples"],
    )
    for kind in ("full", "tied", "diag", "spherical")
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_dense_fits(name, X, pretend_cuda):
    make, options, uses = ESTIMATORS[name]
    fit_everywhere(make, options, uses, X, lambda: torch.tensor(X))


SPARSE = {
    "PCA": (PCA, {}, ["transform"]),
    "SVD": (TruncatedSVD, {}, ["transform"]),
    "NMF": (NMF, {}, ["transform"]),
    "NMF of KL": (NMF, {"solver": "mu", "beta_loss": "kl"}, ["transform"]),
    "NMF of β=1.5": (NMF, {"solver": "mu", "beta_loss": 1.5}, ["transform"]),
    "missing": (NMF, {"missing": "unobserved"}, ["transform"]),
    "missing, mu": (NMF, {"missing": "unobserved", "solver": "mu"}, ["transform"]),
}


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_fits(name, X, pretend_cuda, monkeypatch):
    """CSR tensors are taken apart at the start, and their products are the CPU's."""
    from latentia.rows.torch import source, sparse

    make, options, uses = SPARSE[name]
    X[X < 1] = 0
    stored = scipy.sparse.csr_array(X)
    parts = [torch.tensor(part) for part in (stored.indptr, stored.indices)]

    def rows(device):
        block = sparse.csr_of(
            *(part.to(device) for part in (*parts, torch.tensor(stored.data))), 8
        )
        return source.TorchRows(block)

    def product(block, x):
        assert block.data.device == x.device == block.indices.device
        dense = sparse.dense_rows(block, 0, block.shape[0])
        return dense @ x

    for module in ("products", "nmf", "stored_divergence", "observed_hals"):
        target = f"latentia.rows.torch.{module}.csr_product"
        monkeypatch.setattr(target, product)
    fit_everywhere(make, options, uses, stored, lambda: rows("cpu"), rows)


def fit_everywhere(make, options, uses, X, here, rows=None):
    """The results on CUDA are those of the CPU, and results for each row stay there."""
    options = {"n_components": 3, "random_state": 0} | options
    if make is NMF:
        options |= {"max_iter": 8, "tol": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = make(**options), make(**options)
        tensor = here()
        theirs.fit(tensor)
        there = tensor.to("cuda") if rows is None else rows("cuda")
        ours.fit(there)
        for name, value in vars(theirs).items():
            if name.endswith("_") and isinstance(value, np.ndarray):
                found = getattr(ours, name)
                assert isinstance(found, np.ndarray)
                np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-4)
        for use in uses:
            found = getattr(ours, use)(there)
            assert found.device.type == "cuda"
            known = getattr(theirs, use)(tensor)
            np.testing.assert_allclose(found.cpu(), known, rtol=1e-3, atol=1e-3)
        if hasattr(ours, "fit_transform"):
            assert ours.fit_transform(there).device.type == "cuda"
        if hasattr(ours, "inverse_transform"):
            back = ours.inverse_transform(ours.transform(there))
            assert back.device.type == "cuda"


def test_singular_vectors_and_weights(X, pretend_cuda):
    tensor = torch.tensor(X).to("cuda")
    for wide in (tensor, tensor.T):
        for part in randomized_svd(wide, 3, random_state=0):
            assert part.device.type == "cuda"
    w = torch.arange(90.0).to("cuda")
    for weight in (w, w.cpu(), w.cpu().numpy()):
        assert PCA(2).fit(tensor, sample_weight=weight).n_samples_ == 4005
        GaussianMixture(2, random_state=0).fit(tensor, sample_weight=weight)


def test_missing_and_far_numbers(X, pretend_cuda):
    """What goes by way of the host."""
    holes = torch.tensor(X).to("cuda")
    holes[3, 2] = float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for solver in ("cd", "mu"):
            model = NMF(2, missing="nan", solver=solver, max_iter=3)
            assert model.fit_transform(holes).device.type == "cuda"
    with pytest.raises(ValueError, match="X contains NaN at row 3, column 2"):
        PCA(2).fit(holes)
    far = torch.tensor(X).to("cuda") * 1e18
    assert GaussianMixture(2, random_state=0).fit(far).predict(far).is_cuda
    mixture = GaussianMixture(2, random_state=0, init_params="random")
    mixture.fit(torch.tensor(X).to("cuda"))


def test_states_are_on_the_device_of_the_rows(X, pretend_cuda):
    rows = as_rows(torch.tensor(X).to("cuda"))
    assert str(rows.device) == "cuda:0"
    assert "cuda:0" in repr(rows)
    for state in (
        rows.empty_state(2),
        rows.state_from_array(X),
        rows.empty_state(None, np.int64),
        rows.empty_state(2).empty_state(3),
    ):
        assert state.result().device.type == "cuda"
    assert isinstance(rows.take(np.array([1, 2])), np.ndarray)
