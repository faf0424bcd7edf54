"""A mixture against one Gaussian, on the same codes of the same trained model."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latentia import PCA
from latentia.benchmarks.generative.contestants import SEED
from latentia.benchmarks.generative.judging import ACCURACY, COVERAGE, FRECHET, Judge
from latentia.benchmarks.generative.pictures import Pictures
from latentia.benchmarks.results import LATENTIA, Bar, MethodResult, Quantity, Size
from latentia.generative import LatentMixture

ONE_GAUSSIAN = "one Gaussian"
OWN_PRIOR = "its own prior N(0, I)"
FIVE = f"{LATENTIA}, 5 components"

_SAMPLE_SEED = 1
_PCA_COMPONENTS = 50


@dataclass(frozen=True, slots=True)
class Case:
    """A model whose codes get priors.

    ``ratios`` are the bars of latentia's measures over those of one Gaussian;
    ``accuracy`` is that of the classes which it was asked for.
    """

    name: str
    model: str
    by_class: bool = False
    ratios: Mapping[str, Bar] | None = None
    accuracy: Bar | None = None


CASES = (
    Case("RAE", "RAE", ratios={FRECHET: Bar("≤", 0.6), COVERAGE: Bar("≥", 1.0)}),
    Case("RAE, a class each", "RAE", by_class=True, accuracy=Bar("≥", 0.85)),
    Case("VAE", "VAE", ratios={FRECHET: Bar("≤", 1.0)}),
    Case("VAE, a class each", "VAE", by_class=True),
    Case(f"PCA, {_PCA_COMPONENTS} components, no network", "PCA"),
    Case(
        f"PCA, {_PCA_COMPONENTS} components, no network, a class each",
        "PCA",
        by_class=True,
    ),
)


def pca(pictures: Pictures) -> PCA:
    """Fit the principal components of the pixels."""
    images = pictures.train.images
    rows = images.reshape(len(images), -1).astype("float32") / 255
    return PCA(min(_PCA_COMPONENTS, rows.shape[1]), random_state=SEED).fit(rows)


def compare_priors(
    case: Case, model: Any, pictures: Pictures, judge: Judge, size: Size
) -> tuple[list[MethodResult], dict[str, Quantity]]:
    """Fit the priors of a case, sample them, and judge the images.

    Parameters
    ----------
    case : Case
    model : VAE, RAE or PCA
        Fitted.
    pictures : Pictures
    judge : Judge
    size : {"small", "full"}
        The small one has no bars.

    Returns
    -------
    methods : list of MethodResult
        Times are those of fitting the prior, codes and choice included.
    limits : dict of str to Quantity
        latentia's measures over those of one Gaussian.
    """
    settings: dict[str, Any] = {LATENTIA: "auto"}
    if case.by_class:
        settings[FIVE] = 5
    settings[ONE_GAUSSIAN] = 1
    methods = [
        _run(case, name, n_components, model, pictures, judge)
        for name, n_components in settings.items()
    ]
    if case.model == "VAE" and not case.by_class:
        images = model.sample(pictures.n_generated, seed=_SAMPLE_SEED)
        measures = judge.measures(images)
        methods.append(MethodResult(case.name, OWN_PRIOR, (0.0,), measures))
    if size == "small":
        return methods, {}
    judged = {result.method: result.measures for result in methods}
    if case.accuracy is not None:
        found = judged[LATENTIA][ACCURACY].value
        judged[LATENTIA][ACCURACY] = Quantity(found, "", case.accuracy)
    other = OWN_PRIOR if OWN_PRIOR in judged else ONE_GAUSSIAN
    ratios = {
        f"{case.name}: {name} over that of {other}": Quantity(
            judged[LATENTIA][name].value / judged[other][name].value, "×", bar
        )
        for name, bar in (case.ratios or {}).items()
    }
    return methods, ratios


def _run(
    case: Case,
    name: str,
    n_components: int | str,
    model: Any,
    pictures: Pictures,
    judge: Judge,
) -> MethodResult:
    train = pictures.train
    begin = time.perf_counter()
    prior = LatentMixture(n_components, random_state=SEED).fit(
        model, train.images, train.labels if case.by_class else None
    )
    seconds = time.perf_counter() - begin
    labels = pictures.labels_in_turn() if case.by_class else None
    images = prior.sample(pictures.n_generated, labels, seed=_SAMPLE_SEED)
    components = Quantity(sum(prior.n_components_), "components")
    measures = {"components": components, **judge.measures(images, labels)}
    return MethodResult(case.name, name, (seconds,), measures)
