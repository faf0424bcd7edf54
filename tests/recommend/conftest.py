"""Small events, and a factor model that is plain NumPy."""

import numpy as np
import pytest
import scipy.sparse

from latentia.recommend import FactorRecommender, Interactions


class SVDFactors(FactorRecommender):
    """Scores X·V·Vᵀ with the first right singular vectors V."""

    def __init__(self, n_factors=3, n_threads=None):
        self.n_factors = n_factors
        self.n_threads = n_threads

    def _fit(self, data, n_threads):
        Vt = np.linalg.svd(data.matrix.toarray(), full_matrices=False)[2]
        V = np.ascontiguousarray(Vt[: self.n_factors].T)
        return {"item_factors_": V, "user_factors_": data.matrix @ V}

    def _fold_in(self, matrix, n_threads):
        return matrix @ self.item_factors_


@pytest.fixture
def svd_factors():
    return SVDFactors


def _random_matrix(n_users=37, n_items=53, *, density=0.2, dtype=np.float32, seed=0):
    random = np.random.default_rng(seed)
    stored = random.random((n_users, n_items)) < density
    values = random.integers(1, 6, (n_users, n_items))
    return scipy.sparse.csr_array((stored * values).astype(dtype))


@pytest.fixture
def random_matrix():
    """random_matrix(n_users, n_items, ...): canonical CSR with values 1 to 5."""
    return _random_matrix


@pytest.fixture
def named_events():
    """Interactions whose ids are strings of users and integers of items."""
    matrix = _random_matrix()
    users = np.array([f"user {i}" for i in range(37)], dtype=object)
    return Interactions.from_matrix(matrix, users, 1000 + 7 * np.arange(53))
