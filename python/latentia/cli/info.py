"""``latentia info``: version, CPU level, threads and libraries."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from latentia.cli.console import facts, say

LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl", "safetensors"),
    *("rich", "typer", "matplotlib", "pillow", "av"),
    *("torch", "lightning-fabric", "opacus", "dp-accounting", "onnx", "onnxscript"),
    *(
        "dask",
        "distributed",
        "h5py",
        "numcodecs",
        "zarr",
        "pyarrow",
        "pandas",
        "polars",
    ),
)
"""Whose versions are shown."""


def info(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for bug reports.")
    ] = False,
) -> None:
    """Show the version, the CPU level, the number of threads and libraries."""
    found = _found()
    if as_json:
        import json

        say(json.dumps(found, indent=2))
        return
    found["CPU level"] += f" (built: {', '.join(found.pop('built levels'))})"
    found["OpenMP"] = "yes" if found["OpenMP"] else "no, so one thread is used"
    found["SIMD width"] = f"{found['SIMD width']} bits"
    for group in ("libraries", "environment"):
        found[group] = ", ".join(f"{k} {v}" for k, v in found[group].items()) or "-"
    say(facts({name: str(value) for name, value in found.items()}))


def _found() -> dict[str, Any]:
    import os
    import platform
    import sys

    import latentia
    from latentia._native import built_levels, kernels

    settings = ("LATENTIA_", "OMP_", "OPENBLAS_", "MKL_", "CUDA_VISIBLE_DEVICES")
    return {
        "latentia": latentia.__version__,
        "Python": f"{platform.python_version()} ({sys.implementation.name})",
        "system": platform.platform(),
        "CPU level": kernels.level,
        "built levels": list(built_levels()),
        "SIMD width": 8 * kernels.vector_bytes,
        "threads": latentia.n_threads(),
        "cores": os.cpu_count(),
        "OpenMP": bool(kernels.has_openmp),
        "Eigen": kernels.eigen(),
        "libraries": _versions(),
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(settings)
        },
    }


def _versions() -> dict[str, str]:
    """Return the installed versions of libraries; nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
