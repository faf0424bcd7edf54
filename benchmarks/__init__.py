"""Benchmarks of latentia against its peers, quality beside time.

``SUITES`` names what ``latentia bench`` can run.
"""

from latentia.benchmarks.compression import run_compression
from latentia.benchmarks.generative import run_generation
from latentia.benchmarks.gmm import run_gmm
from latentia.benchmarks.latent import run_latent
from latentia.benchmarks.nmf import run_nmf
from latentia.benchmarks.rows import run_rows
from latentia.benchmarks.runner import Suite
from latentia.benchmarks.svd import run_svd

__all__ = ["SUITES"]

SUITES: dict[str, Suite] = {
    "svd": run_svd,
    "gmm": run_gmm,
    "nmf": run_nmf,
    "generation": run_generation,
    "latent": run_latent,
    "compression": run_compression,
    "rows": run_rows,
}
