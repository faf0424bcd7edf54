"""PCA, TruncatedSVD and randomized_svd of tensors, against those of arrays."""

import numpy as np
import pytest
import scipy.sparse

from latentia import PCA, TruncatedSVD, randomized_svd

torch = pytest.importorskip("torch")

SHAPES = {"tall": (300, 12), "wide": (40, 90), "Krylov": (1100, 520)}


def decaying(shape, dtype, offset=2.0):
    """Singular values that fall by a tenth each, about a mean."""
    rng = np.random.default_rng(0)
    k = min(shape)
    U, V = (np.linalg.qr(rng.standard_normal((n, k)))[0] for n in shape)
    return ((U * 0.9 ** np.arange(k)) @ V.T * k + offset).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("make", [PCA, TruncatedSVD])
def test_the_same_triplets(shape, dtype, tolerance, make):
    X = decaying(shape, dtype)
    theirs, ours = (make(4, random_state=0, tol=1e-7) for _ in range(2))
    known = theirs.fit_transform(X)
    found = ours.fit_transform(torch.tensor(X))
    assert isinstance(found, torch.Tensor)
    assert found.numpy().dtype == dtype
    assert ours.method_ == theirs.method_
    for name in ("singular_values_", "explained_variance_", "components_"):
        ours_, theirs_ = getattr(ours, name), getattr(theirs, name)
        assert isinstance(ours_, np.ndarray)
        loose = tolerance if "comp" not in name else 100 * tolerance
        np.testing.assert_allclose(ours_, theirs_, rtol=loose, atol=loose, err_msg=name)
    size = np.abs(known).max()
    np.testing.assert_allclose(found, known, rtol=0, atol=100 * tolerance * size)


SOLVERS = {
    "full": {"svd_solver": "full"},
    "gram": {"svd_solver": "covariance_eigh"},
    "arpack": {"svd_solver": "arpack"},
    "power": {"svd_solver": "randomized", "iterated_power": 3},
    "whiten": {"whiten": True},
    "all": {"n_components": None},
    "variance": {"n_components": 0.8},
}


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS)
def test_solvers(options, dtype, tolerance):
    X = decaying((120, 15), dtype)
    options = {"n_components": 3, "random_state": 0} | options
    theirs, ours = PCA(**options).fit(X), PCA(**options).fit(torch.tensor(X))
    np.testing.assert_allclose(
        ours.singular_values_, theirs.singular_values_, rtol=tolerance
    )
    known, tensor = theirs.transform(X), torch.tensor(X)
    for found in (ours.transform(tensor), ours.fit_transform(tensor)):
        size = np.abs(known).max()
        np.testing.assert_allclose(found, known, rtol=0, atol=1e3 * tolerance * size)
    back = ours.inverse_transform(ours.transform(tensor))
    assert isinstance(back, torch.Tensor)
    expected = theirs.inverse_transform(known)
    np.testing.assert_allclose(back, expected, rtol=0, atol=100 * tolerance)


def test_densities(dtype):
    X = decaying((120, 15), dtype)
    pca, tensor = PCA(3, random_state=0).fit(X), torch.tensor(X)
    found = pca.score_samples(tensor)
    assert isinstance(found, torch.Tensor)
    rtol = 1e-3 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(found, pca.score_samples(X), rtol=rtol)
    assert pca.score(tensor) == pytest.approx(pca.score(X), rel=1e-3)


def test_weights(dtype, tolerance):
    X = decaying((200, 12), dtype)
    w = np.random.default_rng(1).integers(0, 4, 200).astype(float)
    theirs = PCA(3, random_state=0).fit(X, sample_weight=w)
    for weight in (w, torch.tensor(w)):
        ours = PCA(3, random_state=0).fit(torch.tensor(X), sample_weight=weight)
        np.testing.assert_allclose(
            ours.singular_values_, theirs.singular_values_, rtol=tolerance
        )
        np.testing.assert_allclose(ours.mean_, theirs.mean_, rtol=tolerance)


def test_weights_read_by_passes(dtype, tolerance, monkeypatch, as_csr_tensor):
    """Not in a copy: of matrices that are not small."""
    from latentia.decomposition import weighted

    monkeypatch.setattr(weighted, "_SMALL", 0)
    X = decaying((200, 12), dtype)
    w = np.random.default_rng(1).integers(0, 4, 200).astype(float)
    stored = scipy.sparse.csr_array(np.where(X > 2.1, X, 0))
    for solver in ("covariance_eigh", "randomized"):
        options = {"svd_solver": solver, "random_state": 0, "tol": 1e-9}
        for A, tensor in ((X, torch.tensor(X)), (stored, as_csr_tensor(stored))):
            theirs = PCA(3, **options).fit(A, sample_weight=w)
            ours = PCA(3, **options).fit(tensor, sample_weight=w)
            np.testing.assert_allclose(
                ours.singular_values_, theirs.singular_values_, rtol=2 * tolerance
            )


@pytest.mark.parametrize("make", [PCA, TruncatedSVD])
def test_batches(dtype, tolerance, make):
    X = decaying((120, 9), dtype)
    ours, theirs = make(3), make(3)
    for begin in range(0, 120, 50):
        theirs.partial_fit(X[begin : begin + 50])
        ours.partial_fit(torch.tensor(X[begin : begin + 50]))
    np.testing.assert_allclose(
        ours.singular_values_, theirs.singular_values_, rtol=tolerance
    )


@pytest.mark.parametrize("make", [PCA, TruncatedSVD])
@pytest.mark.parametrize("shape", [(400, 30), (30, 400)])
def test_sparse(dtype, tolerance, make, shape, as_csr_tensor):
    rng = np.random.default_rng(0)
    X = rng.random(shape) * (rng.random(shape) < 0.2)
    X[:, 0] += 3.0
    stored = scipy.sparse.csr_array(X.astype(dtype))
    theirs, ours = (make(3, random_state=0, tol=1e-9) for _ in range(2))
    known, found = (
        theirs.fit_transform(stored),
        ours.fit_transform(as_csr_tensor(stored)),
    )
    assert isinstance(found, torch.Tensor)
    np.testing.assert_allclose(
        ours.singular_values_, theirs.singular_values_, rtol=tolerance
    )
    size = np.abs(known).max()
    np.testing.assert_allclose(found, known, rtol=0, atol=1e3 * tolerance * size)


def test_sparse_rows_with_a_column_far_from_zero(dtype, as_csr_tensor):
    """It is centred in a copy, by way of the host."""
    X = np.random.default_rng(0).random((300, 6)) * (np.arange(6) > 1)
    X[:, 0] += 5000.0
    stored = scipy.sparse.csr_array(X.astype(dtype))
    theirs = PCA(2, random_state=0).fit(stored)
    ours = PCA(2, random_state=0).fit(as_csr_tensor(stored))
    np.testing.assert_allclose(
        ours.singular_values_, theirs.singular_values_, rtol=1e-5
    )


@pytest.mark.parametrize(
    "options", [{}, {"transpose": True}, {"center": True, "scale": True}], ids=str
)
def test_randomized_svd(dtype, tolerance, options):
    A = decaying((150, 40), dtype)
    known = randomized_svd(A, 4, random_state=0, **options)
    found = randomized_svd(torch.tensor(A), 4, random_state=0, **options)
    np.testing.assert_allclose(found[1], known[1], rtol=tolerance)
    for ours, theirs in zip(found, known, strict=True):
        assert isinstance(ours, torch.Tensor)
        assert ours.numpy().dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e3 * tolerance)


def test_a_sentinel_does_not_cost_the_other_digits():
    X = decaying((300, 12), np.float64, offset=0.0)
    X[7, 3] = -1e9
    theirs = PCA(5, random_state=0, tol=0).fit(X)
    ours = PCA(5, random_state=0, tol=0).fit(torch.tensor(X))
    np.testing.assert_allclose(
        ours.singular_values_, theirs.singular_values_, rtol=1e-10
    )


def test_deficient_rank(dtype):
    rng = np.random.default_rng(0)
    A = (rng.standard_normal((1200, 2)) @ rng.standard_normal((2, 520))).astype(dtype)
    U, s, _ = randomized_svd(torch.tensor(A), 4, random_state=0)
    np.testing.assert_allclose(U.T @ U, np.eye(4), atol=1e-4)
    assert s[2] < 1e-4 * s[0]


def test_an_error_names_the_entry_in_new_rows():
    X = decaying((50, 6), np.float32)
    pca = PCA(2).fit(X)
    X[31, 4] = np.nan
    for method in (pca.transform, pca.score_samples):
        with pytest.raises(ValueError, match="NaN at row 31, column 4"):
            method(torch.tensor(X))
