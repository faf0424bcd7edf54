"""Train one contestant: ``python -m latentia.benchmarks.generative NAME [SIZE]``.

Its outcome goes to the folder that ``LATENTIA_BENCH_CACHE`` names, where a later run of
the suite finds it.
"""

import sys

from latentia.benchmarks.generative.contestants import CONTESTANTS
from latentia.benchmarks.generative.suite import Contest
from latentia.benchmarks.generative.trainings import CACHE_VARIABLE, Trainings
from latentia.benchmarks.results import Size

_USAGE = (
    f"usage: {CACHE_VARIABLE}=FOLDER python -m latentia.benchmarks.generative NAME "
    f"[small|full], NAME one of: {', '.join(CONTESTANTS)}"
)


def main(arguments: list[str]) -> int:
    """Train a contestant, at the full size by default."""
    name, *rest = arguments or [""]
    size: Size = "small" if rest == ["small"] else "full"
    trainings = Trainings.from_environment()
    if name not in CONTESTANTS or rest not in ([], [size]) or trainings.folder is None:
        print(_USAGE, file=sys.stderr)
        return 2
    outcome = Contest(size, trainings).outcome(name)
    print(f"{name}: {outcome.n_images} images in {outcome.seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
