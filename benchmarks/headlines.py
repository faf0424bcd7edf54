"""The few results that the README shows, in one table."""

from collections.abc import Iterator, Sequence

from latentia.benchmarks.results import Results
from latentia.benchmarks.table import beside, markdown_table

HEADLINES = {
    "svd": {
        "decaying 20000×2000 float32": "SVD, 50 components, 20000×2000",
        "PCA of zipf sparse 200000×20000, 4M stored, float32": "PCA, 50 components, "
        "sparse 200000×20000",
    },
    "nmf": {
        "Fashion-MNIST 60000×784 float32, k=40, HALS": "NMF, 40 components, 60000×784",
        "zipf sparse 50000×20000, 1M stored, float32, k=20, Kullback–Leibler": "NMF, "
        "20 components, Kullback–Leibler, sparse 50000×20000",
    },
    "gmm": {
        "Fashion-MNIST components 60000×50 float64, K=10, full": "Mixture of 10 "
        "Gaussians, 10 iterations, 60000×50",
    },
    "recommend": {
        "ALS, loss hu, k=64, 5 iterations, 100000×20000, 5000000 events": "ALS of 5 "
        "million events, 64 factors, 5 iterations, 100000×20000",
    },
    "generation": {
        "RAE": "RAE, images after 10 minutes of training",
        "RAE, a class each": "RAE, images of given classes, the same",
        "conditional GAN": "Conditional GAN, the same",
    },
    "compression": {"photo of China at 5 %": "Photo, compressed to an error of 5 %"},
    "privacy": {
        "Fashion-MNIST, ε = 1": "Classifier trained on private images, ε = 1",
    },
}
"""What each case is called in the README, by suite and name of the case."""

_PEERS = {"recommend": "implicit"}
"""With what a suite is compared in the README, if not with its baseline."""

_COLUMNS = ("task", "compared with", "time (other)", "× faster", "quality (other)")


def as_headlines(results: Sequence[Results]) -> str:
    """Render the cases of ``HEADLINES``: latentia, and in brackets its peer.

    Raises
    ------
    ValueError
        If there are no results of one of the cases.
    """
    suites = {one.suite: one for one in results}
    missing = [name for name in HEADLINES if name not in suites]
    if missing:
        raise ValueError(f"the README needs results of the suites {missing}")
    chosen = [suites[name] for name in HEADLINES]
    rows = [row for one in chosen for row in _rows(one, HEADLINES[one.suite])]
    return f"{markdown_table(_COLUMNS, rows)}\n\n{_measured(chosen)}\n"


def _rows(results: Results, names: dict[str, str]) -> Iterator[tuple[str, ...]]:
    peer = _PEERS.get(results.suite, results.baseline)
    found = beside(peer, results)
    for case, name in names.items():
        if case not in found:
            raise ValueError(f"the README needs {case!r} of the suite {results.suite}")
        ours, theirs, faster, quality = found[case]
        times = ours and f"{ours} ({theirs})"
        yield name, peer, times, faster, f"{results.quality} {quality}"


def _measured(results: Sequence[Results]) -> str:
    """Name the machine of the suites; a machine that differs, with its suites."""
    machines: dict[str, list[str]] = {}
    for one in results:
        machines.setdefault(one.machine.short_line(), []).append(one.suite)
    first, *others = machines
    text = "".join(f"; {', '.join(machines[line])}: {line}" for line in others)
    days = sorted(one.date[:10] for one in results)
    return f"`latentia bench`, {days[0]} to {days[-1]}, {first}{text}."
