"""What the mixture costs: a fit of ten components beside an epoch of the network."""

import warnings
from functools import partial

import sklearn.mixture
from sklearn.exceptions import ConvergenceWarning

from latentia.benchmarks.generative.contestants import SEED
from latentia.benchmarks.generative.pictures import Pictures
from latentia.benchmarks.latent.models import Trained
from latentia.benchmarks.results import BASELINE, LATENTIA, Bar, Quantity, Size
from latentia.benchmarks.timing import interleaved
from latentia.generative.latent.component_selection import (
    MAX_ITER,
    REG_COVAR,
    Codes,
    fit_mixture,
)
from latentia.generative.latent.prior_fitting import Standardizer

N_COMPONENTS = 10
_REPEATS = 3


def fit_costs(size: Size, pictures: Pictures, trained: Trained) -> dict[str, Quantity]:
    """Time a fit to all codes of an RAE, latentia's and scikit-learn's in turn.

    Parameters
    ----------
    size : {"small", "full"}
        The small one has no bar.
    pictures : Pictures
    trained : Trained
        The RAE, and the images that it saw a second.

    Returns
    -------
    dict of str to Quantity
    """
    codes = trained.model.encode(pictures.train.images).astype("float64")
    rows = Standardizer.of(codes).apply(codes)
    runs = {
        LATENTIA: partial(fit_mixture, rows, N_COMPONENTS, "full", SEED),
        BASELINE: partial(_fit_scikit_learn, rows),
    }
    times = interleaved(runs, repeats=_REPEATS)
    ours, theirs = (times[name].median for name in runs)
    epoch = len(rows) / trained.rate
    work = f"{N_COMPONENTS} components, {len(rows)}×{rows.shape[1]} codes of an RAE"
    bar = Bar("≤", 0.1) if size == "full" else None
    return {
        f"{work}: seconds of a fit": Quantity(ours, "s"),
        f"{work}: × {BASELINE}": Quantity(theirs / ours, "×"),
        "epoch of training of the RAE": Quantity(epoch, "s"),
        f"{work}: share of an epoch": Quantity(ours / epoch, "", bar),
    }


def _fit_scikit_learn(rows: Codes) -> sklearn.mixture.GaussianMixture:
    mixture = sklearn.mixture.GaussianMixture(
        N_COMPONENTS, reg_covar=REG_COVAR, max_iter=MAX_ITER, random_state=SEED
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(rows)
