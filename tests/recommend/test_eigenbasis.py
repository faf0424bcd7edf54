"""Fits in the basis in which the Gram matrix is diagonal, next to others."""

import numpy as np
import pytest

from latentia.recommend import ImplicitALS, eigenbasis
from latentia.recommend.als import Solver

CG = Solver.of("cg")
HU = {"loss": "hu", "unobserved_weight": 1.0, "frequency_exponent": 0.0}
FITS = {
    "hu, two steps": HU | {"alpha": 0.5},
    "hu, three steps": HU | {"alpha": 8.0},
    "rendle": {"alpha": 0.5},
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", FITS.values(), ids=FITS)
def test_fewer_steps_lower_the_objective_as_much(events, monkeypatch, dtype, options):
    model = ImplicitALS(12, n_iter=8, random_state=0, **options)
    model.fit(events.astype(dtype))
    V = model.item_factors_[model.item_counts_ > 0].astype(float)
    assert model.item_factors_.dtype == dtype
    gram = V.T @ V
    eps = np.finfo(dtype).eps
    near = {"atol": 20 * eps * gram.max()}
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), **near)
    assert (np.diff(np.diag(gram)) <= near["atol"]).all()  # the largest first

    monkeypatch.setattr(eigenbasis, "_LEAST_ROWS", np.inf)
    other = ImplicitALS(12, n_iter=8, random_state=0, **options)
    other.fit(events.astype(dtype))
    assert (model.objectives_ <= 1.0005 * other.objectives_).all()


def test_when_the_basis_stays(events):
    of, weights = eigenbasis.solver_in_eigenbasis, events.data
    assert weights.max() == 4
    assert of(CG, 10, 320, weights, 2.0) == ("cg", 2)
    assert of(CG, 10, 320, weights, 0.125) == ("cg", 3)
    for arguments in (
        (Solver.of("cholesky"), 10, 320, weights, 1.0),
        (Solver.of("subspace"), 10, 320, weights, 1.0),
        (CG, 10, 319, weights, 1.0),  # too few rows
        (CG, 1, 320, weights, 1.0),
        (CG, 10, 320, weights, 0.0),  # there is no Gram matrix
        (CG, 10, 320, weights, 0.12),  # of which the weights of events are too many
        (CG, 10, 320, weights[:0], 1.0),  # no events
    ):
        assert of(*arguments) is None
