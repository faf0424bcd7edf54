"""Packages that only parts of latentia need."""

from __future__ import annotations

# What each extra adds, in pip's words; pyproject.toml has the versions. Packages are
# named, since latentia itself may come from a checkout or from a wheel.
_PACKAGES = {
    "plot": "matplotlib pillow",
    "generative": "torch lightning-fabric matplotlib pillow",
    "export": "onnx onnxscript",
    "distributed": "'dask[array,distributed]'",
    "video": "av",
    "privacy": "dp-accounting opacus",
    "files": "h5py numcodecs pyarrow zarr",
}


def install_hint(extra: str) -> str:
    """Return the command that installs what an extra of latentia has."""
    return f"pip install {_PACKAGES[extra]} (latentia's extra {extra!r})"
