"""The NMF suite: latentia, scikit-learn and plain NumPy from the same start."""

from latentia.benchmarks.nmf.suite import run_nmf

__all__ = ["run_nmf"]
