"""Everything about one GPU, printed in less than six minutes.

``python -m latentia.benchmarks.cuda -o benchmarks/results/cuda-CARD.json``

Times, next to bars, to the card's own limits measured here, and to the peers that are
installed (cuML, torchnmf; PyTorch's own functions are always there). A part that fails,
or for which no time is left, is a line that says so. ``pytest -m cuda`` comes before:
it tests that the results are those of the compiled kernels.
"""

import argparse
import gc
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from latentia import NMF, PCA, TruncatedSVD
from latentia import rows as sources
from latentia.benchmarks.machine import describe
from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.parameters import with_covariances
from latentia.mixture.statistics import FitData, e_step_statistics
from latentia.rows.torch import TorchRows, check_device

SECONDS = 330.0
_GIGA = 1e9


@dataclass(frozen=True)
class Line:
    """A number that was measured; ``bar`` is what it should reach, as text."""

    part: str
    name: str
    value: float | str
    unit: str = ""
    bar: str = ""

    def __str__(self) -> str:
        shown = self.value if isinstance(self.value, str) else f"{self.value:.4g}"
        bar = f"   (bar: {self.bar})" if self.bar else ""
        return f"{self.part:<12} {self.name:<46} {shown} {self.unit}{bar}"


@dataclass(frozen=True)
class Shapes:
    """Sizes of the problems; the small ones are for the tests of this file."""

    square: int
    tall: int
    wide_sparse: tuple[int, int, int]
    on_disk: int
    slices: tuple[int, float]


FULL = Shapes(8192, 1_000_000, (5000, 40_000, 33_000_000), 400_000, (1, 12.0))
SMALL = Shapes(64, 600, (60, 90, 900), 300, (0, 0.0))

Lines = Iterator[Line]


def seconds_of(
    function: Callable[[], object], device: torch.device, *, repeats: int = 3
) -> float:
    """Return the median time of a function, the device's work included."""
    found = []
    for turn in range(repeats + 1):
        _wait(device)
        begin = time.perf_counter()
        function()
        _wait(device)
        if turn:  # the first run compiles and allocates
            found.append(time.perf_counter() - begin)
    return statistics.median(found)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@cache
def limits(device: torch.device, shapes: Shapes) -> tuple[float, float]:
    """Return FLOP/s of a float32 product, TF32 off, and bytes/s that are read."""
    n = shapes.square
    A = torch.randn(n, n, device=device)
    peak = 2 * n**3 / seconds_of(lambda: A @ A, device)
    flat = torch.ones(16 * n * n, device=device)
    return peak, flat.nbytes / seconds_of(flat.sum, device)


def the_limits(device: torch.device, shapes: Shapes) -> Lines:
    """Print the card's limits."""
    peak, bandwidth = limits(device, shapes)
    yield Line("card", "float32 product, TF32 off", peak / 1e12, "TFLOP/s")
    yield Line("card", "read bandwidth", bandwidth / _GIGA, "GB/s")


def sparse_factors(device: torch.device, shapes: Shapes) -> Lines:
    """SVD and NMF of RcppML's shape."""
    m, n, stored = shapes.wide_sparse
    generator = torch.Generator(device).manual_seed(0)
    row = torch.randint(m, (stored,), generator=generator, device=device)
    column = torch.randint(n, (stored,), generator=generator, device=device)
    values = torch.rand(stored, generator=generator, device=device)
    S = torch.sparse_coo_tensor(torch.stack([row, column]), values, (m, n)).coalesce()
    A = sources.as_rows(S)
    svd = TruncatedSVD(10, random_state=0)
    taken = seconds_of(lambda: svd.fit(A), device)
    yield Line("sparse", f"SVD, k=10, {m} × {n}", taken, "s", "≤ 0.05; RcppML: 0.41")
    yield Line("sparse", "passes", float(svd.n_passes_))
    nmf = NMF(20, init="random", max_iter=20, tol=0, random_state=0)
    taken = seconds_of(lambda: nmf.fit(A), device, repeats=2)
    yield Line("sparse", "NMF, k=20, 20 iterations", taken, "s", "≤ 0.3; RcppML: 2.78")
    lowrank = seconds_of(lambda: torch.svd_lowrank(S, 10, niter=4), device)
    yield Line("sparse", "torch.svd_lowrank, k=10, niter=4", lowrank, "s")
    host = S.cpu().to_sparse_csr()
    whole = [part.numpy() for part in (host.crow_indices(), host.col_indices())]
    import scipy.sparse

    of_cpu = scipy.sparse.csr_array((host.values().numpy(), whole[1], whole[0]), (m, n))
    taken = seconds_of(lambda: svd.fit(of_cpu), torch.device("cpu"), repeats=1)
    yield Line("sparse", "SVD, compiled kernels on the CPU", taken, "s")


def mixtures(device: torch.device, shapes: Shapes) -> Lines:
    """Take an EM pass, of all covariance types, and its share of the peak."""
    n, d, k = shapes.tall, 128, 64
    X = torch.randn(n, d, device=device)
    peak, _ = limits(device, shapes)
    means = X[:k].double().cpu().numpy()
    eye = np.eye(d)
    covariances = {
        "full": np.stack([eye] * k),
        "tied": eye,
        "diag": np.ones((k, d)),
        "spherical": np.ones(k),
    }
    for name, covariance in covariances.items():
        mixture = with_covariances(
            COVARIANCES[name], np.full(k, 1 / k), means, covariance
        )
        for precision in ("highest", "tf32") if name == "full" else ("highest",):
            source = TorchRows(X, precision)
            data = FitData(source, None, np.zeros(d), 1)
            taken = seconds_of(partial(e_step_statistics, data, mixture), device)
            label = f"{name}, {n} × {d}, K={k}" + ", TF32" * (precision == "tf32")
            yield Line("mixture", f"{label}: a pass", taken, "s")
            if name == "full":
                share = 100 * 4 * n * k * d * d / taken / peak
                bar = "≥ 30" if precision == "highest" else ""
                yield Line("mixture", "… of the float32 peak", share, "%", bar)


def principal_components(device: torch.device, shapes: Shapes) -> Lines:
    """PCA of tall rows, its share of the bandwidth, and what TF32 changes."""
    n, d, k = shapes.tall, 256, 50
    X = torch.randn(n, d, device=device) * torch.linspace(1, 3, d, device=device)
    _, bandwidth = limits(device, shapes)
    pca = PCA(k, random_state=0)
    taken = seconds_of(lambda: pca.fit(X), device)
    yield Line("PCA", f"{n} × {d}, k={k}", taken, "s")
    n_reads = pca.n_passes_ + 1  # one for the moments
    share = 100 * n_reads * X.nbytes / taken / bandwidth
    yield Line("PCA", f"… of the bandwidth, {n_reads} reads", share, "%", "≥ 50")

    def by_hand() -> object:
        centred = X - X.mean(dim=0)
        return torch.linalg.eigh(centred.T @ centred)

    yield Line("PCA", "PyTorch: centre, XᵀX, eigh", seconds_of(by_hand, device), "s")
    exact = pca.singular_values_.astype(np.float64)
    source = TorchRows(X, "tf32")
    rough = PCA(k, svd_solver="randomized", random_state=0).fit(source)
    off = float(np.abs(rough.singular_values_ / exact - 1).max())
    yield Line("PCA", "TF32: largest relative difference of s", off)
    if find_spec("cuml"):
        peer: Any = import_module("cuml")
        model = peer.PCA(n_components=k)
        yield Line("PCA", "cuML", seconds_of(partial(model.fit, X), device), "s")


def dense_nmf(device: torch.device, shapes: Shapes) -> Lines:
    """NMF of dense rows, next to torchnmf where it is installed."""
    n, d, k = shapes.tall // 10, 256, 20
    X = torch.rand(n, d, device=device)
    fixed: dict[str, Any] = {
        "init": "random",
        "max_iter": 20,
        "tol": 0,
        "random_state": 0,
    }
    for name, model in {
        "HALS": NMF(k, **fixed),
        "KL": NMF(k, solver="mu", beta_loss="kl", **fixed),
    }.items():
        taken = seconds_of(partial(model.fit, X), device, repeats=2)
        yield Line("NMF", f"{name}, {n} × {d}, k={k}, 20 iterations", taken, "s")
    if find_spec("torchnmf"):
        peer: Any = import_module("torchnmf.nmf")
        theirs = peer.NMF(X.shape, rank=k).to(device)
        taken = seconds_of(
            lambda: theirs.fit(X, beta=1, max_iter=20, tol=0), device, repeats=2
        )
        yield Line("NMF", "KL, torchnmf", taken, "s")


def streamed_rows(device: torch.device, shapes: Shapes) -> Lines:
    """Pass over a file whose blocks go to the card."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        np.save(path, np.random.default_rng(0).random((shapes.on_disk, 256), "f4"))
        size = path.stat().st_size
        for where in (None, device):
            source = sources.open(path, memory="1GB", device=where)
            X = np.ones((256, 32), dtype=np.float32)
            taken = seconds_of(partial(sources.normal_product, source, X), device)
            name = "compiled kernels" if where is None else f"blocks to {where}"
            yield Line("streamed", f"a pass, {name}", size / taken / _GIGA, "GB/s")


def trainings(device: torch.device, shapes: Shapes) -> Lines:
    """Train the conditional DCGAN, against a plain PyTorch loop."""
    rounds, seconds = shapes.slices
    if not rounds:
        yield Line("training", "conditional DCGAN", "not run")
        return
    from latentia.benchmarks.generative.throughput import training_rates

    for name, found in training_rates("full", rounds=rounds, seconds=seconds).items():
        bar = "≥ 2" if "×" in name else ""
        yield Line("training", name, found.value, found.unit, bar)


PARTS: tuple[Callable[[torch.device, Shapes], Lines], ...] = (
    the_limits,
    sparse_factors,
    mixtures,
    principal_components,
    dense_nmf,
    streamed_rows,
    trainings,
)


def measure(device: torch.device, shapes: Shapes, seconds: float) -> Lines:
    """Yield the lines of all parts that there is time for."""
    end = time.perf_counter() + seconds
    for part in PARTS:
        name = part.__name__.replace("_", " ")
        if time.perf_counter() > end:
            yield Line(name, "", "no time left")
            continue
        try:
            yield from part(device, shapes)
        except Exception as error:  # the other parts are worth printing
            yield Line(name, "failed", f"{type(error).__name__}: {error}"[:300])
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()


def main(arguments: list[str] | None = None) -> int:
    """Print all lines, and write them to a file if one is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--small", action="store_true", help="sizes of a test")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args(arguments)
    device = check_device(given.device)
    on_cuda = device.type == "cuda"
    card = torch.cuda.get_device_name(device) if on_cuda else "CPU"
    print(f"{card} · torch {torch.__version__} · {describe().line()}", flush=True)
    found = []
    shapes = SMALL if given.small else FULL
    with warnings.catch_warnings(action="ignore"):
        for line in measure(device, shapes, given.seconds):
            print(line, flush=True)
            found.append(asdict(line))
    if given.output is not None:
        facts = {"card": card, "torch": torch.__version__, "machine": describe().line()}
        text = json.dumps({**facts, "lines": found}, indent=1, ensure_ascii=False)
        given.output.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
