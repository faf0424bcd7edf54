"""Fingerprints, which distinguish feature spaces of one kind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def fingerprint(arrays: Iterable[NDArray[Any]]) -> str:
    """Return the first eight hexadecimal digits of the SHA-256 of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:8]
