"""Rows of lumps in few dimensions, none below zero: for PCA, mixtures and NMF alike.

Row i is ``max(w Hᵀ + noise, 0)``, where ``w`` (20) lies about one of ten centres. The
numbers of a block come from its own seed, so any run of rows can be made anywhere.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

_SEED = 0
_BLOCK_ROWS = 2**14
_N_CENTRES = 10
_N_PARTS = 20
_SIZE, _SPREAD, _NOISE = 0.2, 0.1, 0.5


def made_rows(n_rows: int, n_features: int) -> Float32Array:
    """Make the rows in memory.

    Parameters
    ----------
    n_rows, n_features : int

    Returns
    -------
    ndarray of shape (n_rows, n_features)
    """
    made = np.empty((n_rows, n_features), dtype=np.float32)
    begin = 0
    for block in _blocks(n_rows, n_features):
        made[begin : begin + len(block)] = block
        begin += len(block)
    return made


def write_rows(path: Path, n_rows: int, n_features: int) -> None:
    """Write the rows to a .npy file, a block at a time, and on to the disk.

    Parameters
    ----------
    path : Path
    n_rows, n_features : int

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with path.open("wb") as file:
        header = npy.header_data_from_array_1_0(np.empty((0,), np.float32))
        header["shape"] = (n_rows, n_features)
        npy.write_array_header_1_0(file, header)
        for block in _blocks(n_rows, n_features):
            block.tofile(file)
        file.flush()
        os.fsync(file.fileno())


def _blocks(n_rows: int, n_features: int) -> Iterator[Float32Array]:
    rng = np.random.default_rng(_SEED)
    centres = rng.standard_exponential((_N_CENTRES, _N_PARTS), dtype=np.float32)
    centres *= _SIZE
    H = rng.standard_exponential((_N_PARTS, n_features), dtype=np.float32)
    for number, begin in enumerate(range(0, n_rows, _BLOCK_ROWS)):
        size = min(_BLOCK_ROWS, n_rows - begin)
        rng = np.random.default_rng((_SEED, number))
        w = centres[rng.integers(_N_CENTRES, size=size)]
        w += _SPREAD * rng.standard_exponential(w.shape, dtype=np.float32)
        block = rng.standard_normal((size, n_features), dtype=np.float32)
        block *= _NOISE
        block += w @ H
        yield np.maximum(block, 0, out=block)
