"""Peers of NMF: time until their objective is that of latentia."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from latentia.benchmarks import nmf, nmf_steps
from latentia.benchmarks.peers.compare import Family, Peer
from latentia.benchmarks.reference_numpy import Factors
from latentia.benchmarks.results import BASELINE, LATENTIA

# Steps of half as much again
_ITERATIONS = (10, 15, 22, 33, 50, 75, 110, 165, 250, 380, 570, 850)
_BATCH_ROWS = 1024
_EPOCHS = (1, 2, 3, 5, 7, 10, 15, 22, 33, 50, 75, 110)
_BETA = {"frobenius": 2, "kullback-leibler": 1}


def _scikit_learn(module: Any, A: Any, task: nmf.Task, n_iter: int) -> Factors:
    return nmf.fit_scikit_learn(A, replace(task, n_iter=n_iter))


def _multiplicative(module: Any, A: Any, task: nmf.Task, n_iter: int) -> Factors:
    if task.solver == "mu":
        raise NotImplementedError  # it is scikit-learn's above
    return nmf.fit_scikit_learn(A, replace(task, n_iter=n_iter, solver="mu"))


def _mini_batch(module: Any, A: Any, task: nmf.Task, n_epochs: int) -> Factors:
    estimator = module.MiniBatchNMF(
        task.n_components,
        init="custom",
        max_iter=n_epochs,
        batch_size=_BATCH_ROWS,
        beta_loss=task.loss,
        tol=0,
        max_no_improvement=None,
        random_state=0,
    )
    return nmf.fit_from(estimator, A, task.start)


def _torchnmf(module: Any, A: Any, task: nmf.Task, n_iter: int) -> Factors:
    import torch

    assert task.start is not None
    if isinstance(A, np.ndarray):
        matrix = torch.from_numpy(A)
    else:
        coo = A.tocoo()
        indices = torch.from_numpy(np.stack([coo.row, coo.col]))
        matrix = torch.sparse_coo_tensor(indices, torch.from_numpy(coo.data), A.shape)
    # Its H is our W, and its W our transposed H
    W, H = (torch.from_numpy(np.array(factor)) for factor in task.start)
    model = module.NMF(W=H.T.contiguous(), H=W)
    model.fit(matrix, beta=_BETA[task.loss], tol=-np.inf, max_iter=n_iter)
    return Factors(model.H.detach().numpy(), model.W.detach().numpy().T)


NMF = Family(
    nmf_steps.NMF,
    {
        BASELINE: Peer("sklearn.decomposition", _scikit_learn, _ITERATIONS),
        "scikit-learn, multiplicative": Peer(
            "sklearn.decomposition", _multiplicative, _ITERATIONS
        ),
        "scikit-learn MiniBatchNMF": Peer(
            "sklearn.decomposition", _mini_batch, _EPOCHS, "epochs"
        ),
        "torchnmf": Peer("torchnmf.nmf", _torchnmf, _ITERATIONS),
    },
    lambda A, task: partial(nmf.judge, A, task, baseline=LATENTIA),
    f"objective above {LATENTIA}'s",
)
