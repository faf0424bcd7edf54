"""Estimators give the same results for every row source as for rows in memory."""

import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn.decomposition
from sklearn.exceptions import ConvergenceWarning

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD, randomized_svd
from latentia import rows as elsewhere

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")

M, N = 307, 23
ESTIMATORS = {
    "PCA": lambda: PCA(4, random_state=0),
    "PCA by variance": lambda: PCA(0.9, random_state=0),
    "TruncatedSVD": lambda: TruncatedSVD(4, random_state=0, tol=1e-7),
    "SVD by power": lambda: TruncatedSVD(4, n_iter=7, random_state=0),
    "mixture": lambda: GaussianMixture(3, random_state=0, reg_covar=1e-3),
    "NMF": lambda: NMF(3, random_state=0, max_iter=20, tol=0),
}


def homes(X):
    """Yield the rows in blocks of a file, and in partitions; the same 100 each."""
    blocks = [X[begin : begin + 100] for begin in range(0, M, 100)]
    few = 16 * 100 * N * X.dtype.itemsize
    yield elsewhere.open(lambda: iter(blocks), memory=few)
    meta = X[:0]
    parts = [
        da.from_delayed(dask.delayed(lambda b=b: b)(), b.shape, X.dtype, meta=meta)
        for b in blocks
    ]
    yield da.concatenate(parts)


def fitted(estimator):
    return {
        name: np.asarray(value, dtype=np.float64)
        for name, value in vars(estimator).items()
        if name.endswith("_") and not isinstance(value, str)
    }


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def X(request):
    rng = np.random.default_rng(0)
    A = rng.gamma(1.0, size=(M, 3)) @ rng.gamma(1.0, size=(3, N))
    A += 0.3 * rng.random((M, N))
    A[: M // 3] += 5.0
    return A.astype(request.param)


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
def test_all_that_a_fit_finds(make, X):
    theirs = fitted(make().fit(X))
    for source in homes(X):
        ours = fitted(make().fit(source))
        assert ours.keys() == theirs.keys()
        for name in theirs.keys() - {"n_passes_", "residuals_", "error_bound_"}:
            scale = max(np.abs(theirs[name]).max(initial=0.0), 1e-30)
            loose = 2e-3 if X.dtype == np.float32 else 1e-7
            np.testing.assert_allclose(
                ours[name], theirs[name], rtol=0, atol=loose * scale, err_msg=name
            )


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
def test_the_same_blocks_give_the_same_bits(make, X):
    blocks, partitions = (fitted(make().fit(source)) for source in homes(X))
    for name, value in blocks.items():
        np.testing.assert_array_equal(value, partitions[name], err_msg=name)


def test_results_stay_where_the_rows_are(X):
    _, lazy = homes(X)
    for made in (
        PCA(3).fit_transform(lazy),
        PCA(3).fit(lazy).transform(lazy),
        TruncatedSVD(3).fit_transform(lazy),
        NMF(3, max_iter=5).fit_transform(lazy),
        GaussianMixture(2).fit(lazy).predict_proba(lazy),
        randomized_svd(lazy, 3)[0],
    ):
        assert isinstance(made, da.Array)
        assert made.chunks[0] == lazy.chunks[0]
    mixture = GaussianMixture(2, random_state=0).fit(lazy)
    for one in (mixture.predict(lazy), mixture.score_samples(lazy)):
        assert isinstance(one, da.Array)
        assert one.chunks == (lazy.chunks[0],)
    for criterion in (mixture.score, mixture.bic, mixture.aic):
        assert criterion(lazy) == pytest.approx(criterion(X), rel=1e-5)


def test_back_and_densities(X):
    for make in (lambda: PCA(3, whiten=True), lambda: TruncatedSVD(3, tol=1e-7)):
        theirs = make().fit(X)
        expected = theirs.inverse_transform(theirs.transform(X))
        for source in homes(X):
            made = theirs.inverse_transform(theirs.transform(source))
            np.testing.assert_allclose(np.asarray(made), expected, rtol=1e-4, atol=1e-4)
    pca = PCA(3).fit(X)
    reference = sklearn.decomposition.PCA(3).fit(X.astype(np.float64))
    expected = reference.score_samples(X.astype(np.float64))
    loose = {"rtol": 2e-3, "atol": 2e-2} if X.dtype == np.float32 else {"rtol": 1e-6}
    for source in (X, *homes(X)):
        np.testing.assert_allclose(
            np.asarray(pca.score_samples(source)), expected, **loose
        )
        assert pca.score(source) == pytest.approx(expected.mean(), rel=1e-3)


def test_what_is_not_finite_is_named_in_new_rows(X):
    pca = PCA(3).fit(X)
    X[205, 7] = np.inf
    for source in homes(X):
        for method in (pca.transform, pca.score_samples):
            with pytest.raises(ValueError, match=r"at row 205, column 7 \(block 2\)"):
                method(source)


def test_chunks_of_unknown_length(X):
    _, lazy = homes(X)
    some = lazy[da.from_array(np.arange(M) % 3 > 0, chunks=100)]
    known = X[np.arange(M) % 3 > 0]
    mixture = GaussianMixture(2, random_state=0).fit(some)
    assert mixture.bic(some) == pytest.approx(mixture.bic(known), rel=1e-5)


def test_sparse_chunks(X):
    X[np.median(X) > X] = 0
    stored = scipy.sparse.csr_array(X)
    for make in (ESTIMATORS["PCA"], ESTIMATORS["TruncatedSVD"], ESTIMATORS["NMF"]):
        theirs = fitted(make().fit(stored))
        for source in homes(stored):
            ours = fitted(make().fit(source))
            np.testing.assert_allclose(
                ours["components_"],
                theirs["components_"],
                rtol=0,
                atol=5e-3 * np.abs(theirs["components_"]).max(),
            )
    for source in homes(stored):
        with pytest.raises(TypeError, match="X must be dense for a mixture"):
            GaussianMixture(2).fit(source)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_deficient_rank(rank, X):
    A = (X[:, :rank] @ X[:rank]).astype(np.float64) if rank else np.zeros((M, N))
    for source in homes(A):
        U, s, Vt = randomized_svd(source, 4, random_state=0)
        U = np.asarray(U)
        np.testing.assert_allclose(U.T @ U, np.eye(4), atol=1e-9)
        np.testing.assert_allclose((U * s) @ Vt, A, atol=1e-9 * max(np.abs(A).max(), 1))


def test_sample_weights(X):
    weight = np.arange(M) % 4.0
    theirs = GaussianMixture(2, random_state=0).fit(X, sample_weight=weight)
    for source in homes(X):
        ours = GaussianMixture(2, random_state=0).fit(source, sample_weight=weight)
        np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-3)


def test_incomplete_rows_that_have_whole_blocks_unknown(X):
    X[100:200] = np.nan
    model = NMF(2, solver="mu", beta_loss=0, init="random", max_iter=5, random_state=0)
    model.set_params(missing="nan")
    theirs = model.fit(X + 1).components_
    for source in homes(X + 1):
        np.testing.assert_allclose(model.fit(source).components_, theirs, rtol=2e-3)


def test_frames_of_labelled_columns():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frames = pytest.importorskip("dask.dataframe")
    rng = np.random.default_rng(0)
    here = pandas.DataFrame(rng.standard_normal((60, 4)), columns=list("abcd"))
    there = frames.from_pandas(here, npartitions=3)
    pca = PCA(2).fit(there)
    assert pca.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_allclose(pca.transform(there), pca.transform(here), rtol=1e-6)
    with pytest.raises(ValueError, match="should match those that were passed"):
        pca.transform(there[list("dcba")])


def test_dask_alone_is_enough():
    """Without distributed imported its configuration stays whole."""
    code = """
import dask.array as da, numpy as np
from latentia import PCA
PCA(2).fit(da.from_array(np.random.default_rng(0).random((50, 4)), chunks=(20, 4)))
import dask, distributed
print(dask.config.get("distributed.comm.compression"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout


@pytest.mark.slow
def test_a_fit_within_a_task_ends():
    distributed = pytest.importorskip("distributed")

    def task():
        a = da.from_array(np.arange(4000.0).reshape(1000, 4) % 7, chunks=(100, 4))
        return PCA(2).fit(a).singular_values_

    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        np.testing.assert_allclose(client.submit(task).result(timeout=60), task())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["PCA", "mixture", "NMF"])
def test_a_worker_that_dies_changes_nothing(name, X):
    distributed = pytest.importorskip("distributed")
    dies = ESTIMATORS[name]()
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster),
    ):
        _, lazy = homes(X)
        expected = fitted(ESTIMATORS[name]().fit(lazy))
        passes = 0

        class Dying:
            """Rows of which a worker dies before the second pass."""

            def __getattr__(self, attribute):
                return getattr(rows, attribute)

            def state_from_array(self, array):
                return rows.state_from_array(array)

            def reduce(self, *given, **named):
                count()
                return rows.reduce(*given, **named)

            def reduce_with(self, *given, **named):
                count()
                return rows.reduce_with(*given, **named)

            def update(self, *given, **named):
                count()
                return rows.update(*given, **named)

        def count():
            nonlocal passes
            passes += 1
            if passes == 2:
                process = next(iter(cluster.workers.values())).process
                os.kill(process.pid, signal.SIGKILL)

        rows = elsewhere.as_rows(lazy)
        found = fitted(dies.fit(Dying()))
        assert passes >= 2
    for attribute, value in expected.items():
        np.testing.assert_array_equal(value, found[attribute], err_msg=attribute)
