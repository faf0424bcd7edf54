"""The mixture suite: latentia, scikit-learn and plain NumPy from the same start."""

from latentia.benchmarks.gmm.suite import run_gmm

__all__ = ["run_gmm"]
