"""Peers of the truncated SVD and of PCA.

A truncated SVD is returned as U, s and Vt, a PCA as the scores and what was fitted, or
as U, s, Vt and the means.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from latentia.benchmarks import svd
from latentia.benchmarks.peers.compare import TOLERANCE, Family, Peer
from latentia.benchmarks.results import BASELINE, Measures
from latentia.benchmarks.runner import Answers

_POWERS = (2, 4, 7, 10, 15, 20)
_TOLERANCES = (1e-1, 1e-2, 1e-4, 1e-6)
_SWEEPS = (20, 40, 80, 160)
_OVERSAMPLES = 10
_BATCH_ROWS = 2000


def _judge(A: Any, task: svd.Task) -> Callable[[Answers], dict[str, Measures]]:
    return partial(svd.judge, A, task, optimal=svd.optimum(A, task))


def _randomized(module: Any, A: Any, task: svd.Task, n_iter: int) -> Any:
    return module.randomized_svd(A, task.rank, n_iter=n_iter, random_state=0)


def _torch(module: Any, A: Any, task: svd.Task, n_iter: int) -> Any:
    if not isinstance(A, np.ndarray):
        if task.centered:
            raise NotImplementedError
        csr = (module.from_numpy(part) for part in (A.indptr, A.indices, A.data))
        matrix = module.sparse_csr_tensor(*csr, size=A.shape, check_invariants=False)
    else:
        matrix = module.from_numpy(A)
    module.manual_seed(0)
    low_rank = module.pca_lowrank if task.centered else module.svd_lowrank
    U, s, V = low_rank(matrix, q=task.rank + _OVERSAMPLES, niter=n_iter)
    k = task.rank
    factors = U[:, :k].numpy(), s[:k].numpy(), V[:, :k].T.numpy()
    return (*factors, A.mean(axis=0)) if task.centered else factors


def _fbpca(module: Any, A: Any, task: svd.Task, n_iter: int) -> Any:
    if task.centered and not isinstance(A, np.ndarray):
        raise NotImplementedError
    width = task.rank + _OVERSAMPLES
    raw = not task.centered
    factors = module.pca(A, task.rank, raw=raw, n_iter=n_iter, l=width)
    return (*factors, A.mean(axis=0)) if task.centered else factors


def _descending(U: Any, s: Any, Vt: Any) -> Any:
    order = np.argsort(s)[::-1]
    return U[:, order], s[order], Vt[order]


def _svds(
    module: Any, A: Any, task: svd.Task, effort: float, *, solver: str, option: str
) -> Any:
    settings = {"solver": solver, "rng": np.random.default_rng(0), option: effort}
    return _descending(*module.svds(A, task.rank, **settings))


def _primme(module: Any, A: Any, task: svd.Task, tolerance: float) -> Any:
    return _descending(*module.svds(A, task.rank, tol=tolerance))


_svds_arpack = partial(_svds, solver="arpack", option="tol")
_svds_propack = partial(_svds, solver="propack", option="tol")
_svds_lobpcg = partial(_svds, solver="lobpcg", option="maxiter")

SVD = Family(
    svd.SVD,
    {
        BASELINE: Peer("sklearn.utils.extmath", _randomized, _POWERS),
        "torch.svd_lowrank": Peer("torch", _torch, _POWERS),
        "fbpca": Peer("fbpca", _fbpca, _POWERS),
        "SciPy ARPACK": Peer(
            "scipy.sparse.linalg", _svds_arpack, _TOLERANCES, TOLERANCE
        ),
        "SciPy PROPACK": Peer(
            "scipy.sparse.linalg", _svds_propack, _TOLERANCES, TOLERANCE
        ),
        "SciPy LOBPCG": Peer("scipy.sparse.linalg", _svds_lobpcg, _SWEEPS),
        "primme": Peer("primme", _primme, _TOLERANCES, TOLERANCE),
    },
    _judge,
    svd.ABOVE_BEST,
)


def _estimator(module: Any, A: Any, task: svd.Task, _: float) -> Any:
    pca = module.PCA(task.rank, random_state=0)
    return pca.fit_transform(A), pca


def _incremental(module: Any, A: Any, task: svd.Task, batch: int) -> Any:
    pca = module.IncrementalPCA(task.rank, batch_size=batch)
    return pca.fit_transform(A), pca


def _dask(module: Any, A: Any, task: svd.Task, _: float) -> Any:
    array: Any = import_module("dask.array")
    rows = array.from_array(A, chunks=(-(-len(A) // 2), -1))
    # Its randomised solver fails or loses digits in float32
    pca = module.PCA(task.rank, svd_solver="tsqr")
    scores = pca.fit_transform(rows).compute(scheduler="threads")
    return scores, pca


PCA = Family(
    svd.SVD,
    {
        BASELINE: Peer("sklearn.decomposition", _estimator),
        "scikit-learn IncrementalPCA": Peer(
            "sklearn.decomposition", _incremental, (_BATCH_ROWS,), "rows a batch"
        ),
        "scikit-learn-intelex": Peer("sklearnex.decomposition", _estimator),
        "torch.pca_lowrank": Peer("torch", _torch, _POWERS),
        "fbpca": Peer("fbpca", _fbpca, _POWERS),
        "dask-ml": Peer("dask_ml.decomposition", _dask),
    },
    _judge,
    svd.ABOVE_BEST,
)
