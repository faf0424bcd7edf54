"""Benchmarks of latentia against its peers, quality next to time.

``SUITES`` is the table of what ``latentia bench`` can run. A suite that needs torch or
Dask is imported when it runs.
"""

from collections.abc import Callable, Iterable
from importlib import import_module

from latentia.benchmarks.gmm import GMM
from latentia.benchmarks.nmf_steps import NMF
from latentia.benchmarks.results import SPEEDUP, Size
from latentia.benchmarks.runner import Step, Suite
from latentia.benchmarks.svd import SVD

__all__ = ["SUITES"]

_PILLOW = {"PIL": "plot"}
_TORCH_AND_PILLOW = {"torch": "generative", **_PILLOW}


def _steps_of(module: str) -> Callable[[Size], Iterable[Step]]:
    def steps(size: Size) -> Iterable[Step]:
        found: Iterable[Step] = import_module(f"{__name__}.{module}").steps(size)
        return found

    return steps


SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        SVD,
        GMM,
        NMF,
        Suite(
            name="generation",
            steps=_steps_of("generative.suite"),
            quality="Fréchet distance",
            baseline="PyTorch example",
            needs=_TORCH_AND_PILLOW,
        ),
        Suite(
            name="latent",
            steps=_steps_of("generative.latent"),
            quality="Fréchet distance",
            baseline="one Gaussian",
            needs=_TORCH_AND_PILLOW,
        ),
        Suite(
            name="emoji",
            steps=_steps_of("generative.emoji"),
            quality="Fréchet distance",
            baseline="RAE in one stage",
            needs=_TORCH_AND_PILLOW,
        ),
        Suite(
            name="compression",
            steps=_steps_of("compression"),
            quality="× smaller than raw",
            baseline="JPEG",
            needs=_PILLOW,
        ),
        Suite(
            name="rows",
            steps=_steps_of("rows.suite"),
            quality="difference from in memory",
            baseline="in memory",
        ),
        Suite(
            name="recommend",
            steps=_steps_of("recommend"),
            quality="difference from NumPy",
            baseline="NumPy",
        ),
        Suite(
            name="privacy",
            steps=_steps_of("privacy"),
            quality="accuracy",
            baseline="real images",
            needs={"dp_accounting": "privacy"},
        ),
        Suite(name="peers", steps=_steps_of("peers.suite"), quality="shortfall"),
        Suite(
            name="scaling",
            steps=_steps_of("scaling"),
            quality=SPEEDUP,
            needs={"matplotlib": "plot"},
        ),
    )
}
