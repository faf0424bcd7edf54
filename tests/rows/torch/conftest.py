"""Rows as tensors on the CPU, next to the same rows as arrays."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

with warnings.catch_warnings():  # PyTorch says once that its CSR tensors are new
    warnings.simplefilter("ignore")
    torch.eye(1).to_sparse_csr()


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture
def tolerance(dtype):
    """What a sum may be off by, as a part of the largest number."""
    return 1e-5 if dtype == np.float32 else 1e-10


@pytest.fixture
def near(tolerance):
    """near(found, expected[, tolerance]): to a part of the largest number."""

    def check(found, expected, part=tolerance):
        found, expected = np.asarray(found), np.asarray(expected)
        assert found.shape == expected.shape
        size = np.abs(expected).max(initial=0)
        np.testing.assert_allclose(found, expected, rtol=0, atol=part * size + 1e-300)

    return check


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of seven rows of the tests' matrices, whatever a row needs."""
    from latentia.rows.torch import tiles

    monkeypatch.setattr(tiles, "tile_rows", lambda block, row_bytes: 7)


def csr_tensor(matrix):
    """A SciPy matrix as a CSR tensor."""
    plain = matrix.tocsr()
    parts = (plain.indptr, plain.indices, plain.data)
    return torch.sparse_csr_tensor(
        *map(torch.tensor, parts), size=plain.shape, check_invariants=False
    )


@pytest.fixture
def as_csr_tensor():
    return csr_tensor
