"""The SVD suite: latentia, scikit-learn and plain NumPy on the same matrices."""

from latentia.benchmarks.svd.suite import run_svd

__all__ = ["run_svd"]
