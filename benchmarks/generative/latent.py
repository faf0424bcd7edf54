"""The latent suite: mixtures as priors of models, their cost, and directions."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import sklearn.mixture

from latentia import PCA
from latentia.benchmarks.generative.judging import ACCURACY, COVERAGE, FRECHET
from latentia.benchmarks.generative.models import MODELS, Trained, trained
from latentia.benchmarks.generative.suite import Comparison, Contest, compare
from latentia.benchmarks.generative.trainings import (
    SAMPLE_SEED,
    SECONDS,
    SEED,
    Pictures,
    Trainings,
)
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import Found, Step, limits_step
from latentia.benchmarks.timing import interleaved, timed, unconverged
from latentia.generative import LatentMixture, latent_directions
from latentia.generative.latent.component_selection import (
    MAX_ITER,
    REG_COVAR,
    Codes,
    fit_mixture,
)
from latentia.generative.latent.directions import METHODS
from latentia.generative.latent.noise import normal
from latentia.generative.latent.prior_fitting import Standardizer

ONE_GAUSSIAN = "one Gaussian"
OWN_PRIOR = "N(0, I)"
BY_LIKELIHOOD = f"{LATENTIA}, components by likelihood"

_PCA_COMPONENTS = 50
_COST_COMPONENTS, _COST_REPEATS = 10, 3
_COST_TARGET = Target("≤", 0.1)
_DIRECTION_TARGET = Target("≥", 1.0)


class Case(NamedTuple):
    """A model whose codes get priors, and what latentia's has to reach.

    ``accuracy`` is that of the classes which it was asked for.
    """

    name: str
    model: str
    by_class: bool = False
    comparisons: tuple[Comparison, ...] = ()
    accuracy: Target | None = None


_PCA_NAME = f"PCA, {_PCA_COMPONENTS} components, no network"
CASES = (
    Case(
        "RAE",
        "RAE",
        comparisons=(
            Comparison(FRECHET, ONE_GAUSSIAN, Target("≤", 0.6)),
            Comparison(COVERAGE, ONE_GAUSSIAN, Target("≥", 1.0)),
        ),
    ),
    Case("RAE, a class each", "RAE", by_class=True, accuracy=Target("≥", 0.85)),
    Case(
        "VAE",
        "VAE",
        comparisons=(Comparison(FRECHET, OWN_PRIOR, Target("≤", 1.0)),),
    ),
    Case("VAE, a class each", "VAE", by_class=True),
    Case(_PCA_NAME, "PCA"),
    Case(f"{_PCA_NAME}, a class each", "PCA", by_class=True),
)


def steps(size: Size) -> Iterator[Step]:
    """List the priors of each case, what a mixture costs, and the directions."""
    contest = Contest(size, Trainings.from_environment())
    for case in CASES:
        yield Step(f"priors of {case.name}", partial(compare_priors, case, contest))
    yield limits_step("real images against real ones", contest.floor)
    yield limits_step("what a mixture costs", partial(fit_costs, contest))
    for name in MODELS:
        effects = partial(direction_effects, contest, name)
        yield limits_step(f"directions of a {name}", effects)


def _trained(contest: Contest, name: str) -> Trained:
    seconds = SECONDS[contest.size]
    return trained(name, contest.pictures, seconds, contest.trainings)


def pca(pictures: Pictures) -> PCA:
    """Fit the principal components of the pixels."""
    images = pictures.train.images
    rows = images.reshape(len(images), -1).astype("float32") / 255
    return PCA(min(_PCA_COMPONENTS, rows.shape[1]), random_state=SEED).fit(rows)


def compare_priors(case: Case, contest: Contest) -> Found:
    """Fit the priors of a case, sample them, and judge the images.

    Times are those of fitting the prior, codes and choice included. The limits are
    latentia's measures over those of another prior; the small size has no targets.
    """
    pictures = contest.pictures
    is_pca = case.model == "PCA"
    model = pca(pictures) if is_pca else _trained(contest, case.model).model
    settings: dict[str, int | str] = {
        LATENTIA: "samples",
        BY_LIKELIHOOD: "auto",
        ONE_GAUSSIAN: 1,
    }
    labels = pictures.train.labels if case.by_class else None
    wanted = pictures.labels_in_turn() if case.by_class else None
    methods = []
    for name, n_components in settings.items():
        prior = LatentMixture(n_components, random_state=SEED)
        timing = timed(partial(prior.fit, model, pictures.train.images, labels))
        images = prior.sample(pictures.n_generated, wanted, seed=SAMPLE_SEED)
        components = Quantity(sum(prior.n_components_), "components")
        measures = {
            "components": components,
            **contest.judge.measures(images, wanted),
        }
        methods.append(MethodResult(case.name, name, timing.times, measures))
    if case.model == "VAE" and not case.by_class:
        codes = normal(SAMPLE_SEED, pictures.n_generated, model.latent_dim_)
        measures = contest.judge.measures(model.decode(codes))
        methods.append(MethodResult(case.name, OWN_PRIOR, (0.0,), measures))
    judged = {result.method: result.measures for result in methods}
    if contest.size == "full" and case.accuracy is not None:
        found = judged[LATENTIA][ACCURACY].value
        judged[LATENTIA][ACCURACY] = Quantity(found, "", case.accuracy)
    return Found(methods, compare(case.name, case.comparisons, contest.size, judged))


def fit_costs(contest: Contest) -> Measures:
    """Time a fit of ten components to all codes of an RAE, next to an epoch of it.

    latentia's and scikit-learn's take turns. The small size has no target.
    """
    model, seconds = _trained(contest, "RAE")
    codes = model.encode(contest.pictures.train.images).astype("float64")
    rows = Standardizer.of(codes).apply(codes)
    runs = {
        LATENTIA: partial(fit_mixture, rows, _COST_COMPONENTS, "full", SEED),
        BASELINE: partial(_fit_scikit_learn, rows),
    }
    times = interleaved(runs, repeats=_COST_REPEATS)
    ours, theirs = (times[name].median for name in runs)
    epoch = len(rows) * seconds / model.n_images_seen_
    shape = f"{len(rows)}×{rows.shape[1]}"
    work = f"{_COST_COMPONENTS} components, {shape} codes of an RAE"
    target = _COST_TARGET if contest.size == "full" else None
    return {
        f"{work}: seconds of a fit": Quantity(ours, "s"),
        f"{work}: × {BASELINE}": Quantity(theirs / ours, "×"),
        "epoch of training of the RAE": Quantity(epoch, "s"),
        f"{work}: share of an epoch": Quantity(ours / epoch, "", target),
    }


def _fit_scikit_learn(rows: Codes) -> sklearn.mixture.GaussianMixture:
    mixture = sklearn.mixture.GaussianMixture(
        _COST_COMPONENTS, reg_covar=REG_COVAR, max_iter=MAX_ITER, random_state=SEED
    )
    return unconverged(mixture.fit, rows)


def direction_effects(contest: Contest, name: str) -> Measures:
    """Measure how much more directions change images than random ones of their length.

    It is the change of a pixel for a step of one σ of the prior. The small size has no
    target.
    """
    target = _DIRECTION_TARGET if contest.size == "full" else None
    model = _trained(contest, name).model
    found: Measures = {}
    for method in METHODS:
        directions = latent_directions(model, method)
        ratios = directions.effects / directions.random_effect
        unit, n = "× random", len(ratios)
        first, mean = float(ratios[0]), float(ratios.mean())
        # The target is on the mean of all, as the first is first because of its effect.
        of_all = Quantity(mean, unit, target)
        found |= {
            f"{name}, {method}: effect of the first direction": Quantity(first, unit),
            f"{name}, {method}: mean effect of {n} directions": of_all,
        }
    random = Quantity(directions.random_effect, "levels of 255 a σ")
    return found | {f"{name}: effect of random directions": random}
