"""Peers of the Gaussian mixture: the same number of iterations from the same start."""

import logging
from functools import partial
from typing import Any

import numpy as np

from latentia.benchmarks import gmm
from latentia.benchmarks.peers.compare import Family, Peer
from latentia.benchmarks.reference_numpy import inverse
from latentia.benchmarks.results import BASELINE, LATENTIA

_NO_TOLERANCE = 1e-300  # tgmm takes no 0
_TORCH_ITERATIONS = (10, 15, 22, 33, 50)


def _scikit_learn(module: Any, X: Any, task: gmm.Task, _: float) -> gmm.Mixture:
    return gmm.fit_scikit_learn(X, task)


def _gmmx(module: Any, X: Any, task: gmm.Task, _: float) -> gmm.Mixture:
    if task.start is None or task.covariance_type not in ("full", "diag"):
        raise NotImplementedError
    # In float32, as jax by default; its loop fails in float64
    weights, means, precisions = (part.astype(np.float32) for part in task.start)
    covariances = inverse(precisions, task.covariance_type).astype(np.float32)
    start = module.GaussianMixtureModelJax.from_squeezed(
        means, covariances, weights, covariance_type=task.covariance_type
    )
    fitter = module.EMFitter(max_iter=task.n_iter, tol=-1.0)
    found = fitter.fit(X.astype(np.float32), start).gmm
    covariances = np.asarray(found.covariances.values_numpy)
    return gmm.Mixture(found.weights_numpy, found.means_numpy, covariances)


def _tgmm(module: Any, X: Any, task: gmm.Task, _: float) -> gmm.Mixture:
    import torch

    if task.start is None:
        raise NotImplementedError
    weights, means, precisions = task.start
    covariances = inverse(precisions, task.covariance_type).astype(X.dtype)
    mixture = module.GaussianMixture(
        n_components=task.n_components,
        n_features=X.shape[1],
        covariance_type=task.covariance_type,
        init_weights=torch.from_numpy(weights),
        init_means=torch.from_numpy(means),
        init_covariances=torch.from_numpy(covariances),
        max_iter=task.n_iter,
        tol=_NO_TOLERANCE,
        device="cpu",
    )
    mixture.fit(torch.from_numpy(X))
    return gmm.Mixture(
        *(
            part.detach().numpy()
            for part in (mixture.weights_, mixture.means_, mixture.covariances_)
        )
    )


def _torchgmm(module: Any, X: Any, task: gmm.Task, n_iter: int) -> gmm.Mixture:
    """Fit from the means of the start, as it takes no covariances."""
    import torch

    if task.start is None:
        raise NotImplementedError
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    mixture = module.GaussianMixture(
        task.n_components,
        covariance_type=task.covariance_type,
        init_means=torch.from_numpy(task.start.means),
        convergence_tolerance=0,
        trainer_params={
            "max_epochs": n_iter,
            "accelerator": "cpu",
            "precision": 8 * X.dtype.itemsize,
            "enable_progress_bar": False,
        },
    )
    model = mixture.fit(torch.from_numpy(X)).model_
    return gmm.Mixture(
        *(
            part.detach().numpy()
            for part in (model.component_probs, model.means, model.covariances)
        )
    )


GMM = Family(
    gmm.GMM,
    {
        BASELINE: Peer("sklearn.mixture", _scikit_learn),
        "gmmx": Peer("gmmx", _gmmx),
        "tgmm": Peer("tgmm", _tgmm),
        "torchgmm": Peer("torchgmm.bayes", _torchgmm, _TORCH_ITERATIONS),
    },
    lambda X, task: partial(gmm.judge, X, task, baseline=LATENTIA),
    f"log-likelihood below {LATENTIA}'s",
)
