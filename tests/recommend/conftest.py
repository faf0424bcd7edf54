"""Small events, and a factor model that is plain NumPy."""

import numpy as np
import pytest
import scipy.sparse

from latentia.datasets import make_interactions
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


@pytest.fixture(scope="session")
def made():
    return make_interactions(500, 120, 9000, random_state=0)


@pytest.fixture(scope="session")
def events(made):
    """Values are counts 1 to 4; a user and an item have none."""
    X = made.matrix.copy()
    X.data[:] = np.random.default_rng(0).integers(1, 5, X.nnz)
    X = X.tolil()
    X[3], X[:, 5] = 0, 0
    return X.tocsr()


@pytest.fixture(scope="session")
def cold(made):
    """Events without those of ten items, these items, and who has events with them."""
    new = np.arange(7, 107, 10)
    X = made.matrix.toarray()
    truth = X[:, new] > 0
    X[:, new] = 0
    return scipy.sparse.csr_array(X), new, truth


def _implicit_loss(model, X, *, user_features=None, item_features=None):
    """Return the documented loss of an ImplicitALS, over all pairs."""
    X = X.toarray().astype(float)
    seen, C = X > 0, model.alpha * X
    U, V = model.user_factors_.astype(float), model.item_factors_.astype(float)
    S, a0 = U @ V.T, model.unobserved_weight
    if model.loss == "rendle":
        total = (C * (1 - S) ** 2).sum()
        weight_of_all = np.full(S.shape, a0)
    else:
        total = ((a0 + C) * (1 - S) ** 2)[seen].sum()
        weight_of_all = np.where(seen, 0, a0)
    given = (
        (1, U, user_features, model.user_feature_weights_),
        (0, V, item_features, model.item_feature_weights_),
    )
    for axis, factors, features, W in given:
        ridge = (
            model.regularization_
            * (seen.sum(axis=axis) + a0 * X.shape[axis]) ** model.frequency_exponent
        )
        off = factors
        if features is not None:
            # A row without events is in no term.
            has_events = seen.any(axis=axis)
            weight_of_all = weight_of_all * np.expand_dims(has_events, axis)
            total += ridge[has_events].mean() * (W.astype(float) ** 2).sum()
            off = factors - features @ W.astype(float)
        total += ridge @ (off**2).sum(axis=1)
    return total + (weight_of_all * S**2).sum()


@pytest.fixture
def implicit_loss():
    """implicit_loss(model, X, user_features=..., item_features=...)."""
    return _implicit_loss
