"""``latentia info``: version, CPU level, threads and libraries."""

from __future__ import annotations

from latentia.cli.console import facts, say


def info() -> None:
    """Show the version, the CPU level, the number of threads and libraries."""
    import latentia
    from latentia._native import built_levels, kernels

    found = {
        "version": latentia.__version__,
        "CPU level": f"{kernels.level} (built: {', '.join(built_levels())})",
        "threads": str(latentia.n_threads()),
        "OpenMP": "yes" if kernels.has_openmp else "no, so one thread is used",
        "SIMD width": f"{8 * kernels.vector_bytes} bits",
        "Eigen": kernels.eigen(),
    }
    say(facts(found))
