"""What holds for any X, any start and any loss, looked for in arbitrary ones."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentia import NMF

FEW = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=3000)
LOSSES = [("cd", 2.0)] + [
    ("mu", beta) for beta in (2.0, 1.0, 0.0, 0.5, 0.9, 1.1, 1.5, 2.5, 4.0, -1.0)
]
KINDS = ["noise", "low rank", "counts", "wide range"]
# Of a few counts all can be the same.
pytestmark = pytest.mark.filterwarnings("ignore:all . observed entries:UserWarning")
FORMS = ["dense", "fortran", "csr", "nan", "unobserved"]


@dataclass(frozen=True)
class Problem:
    """Numbers that X and the parameters are made from."""

    seed: int
    m: int
    n: int
    k: int
    loss: tuple[str, float]
    kind: str
    form: str
    dtype: type
    init: str | None
    shuffle: bool

    @property
    def beta(self):
        return self.loss[1]

    @cached_property
    def rng(self):
        return np.random.default_rng(self.seed)

    @cached_property
    def dense(self):
        """X, with NaN for what is unknown."""
        A = self.all.astype(self.dtype)
        here = self.rng.random(A.shape) < self.rng.uniform(0.1, 1)
        here[self.rng.integers(self.m), self.rng.integers(self.n)] = True
        if self.form == "csr" and self.beta > 0:
            A[~here] = 0
        if self.form in ("nan", "unobserved"):
            A[~here] = np.nan
        return A

    @property
    def all(self):
        rng, shape = self.rng, (self.m, self.n)
        if self.kind == "low rank":
            left, right = (rng.uniform(0.2, 1, (size, 2)) for size in shape)
            return left @ right.T
        if self.kind == "counts":
            return rng.integers(0, 4, shape) + float(self.beta <= 0)
        if self.kind == "noise":
            return rng.uniform(0.01, 3, shape)
        return np.exp(2 * rng.standard_normal(shape))

    def X(self, A):
        """A as the form has it."""
        if self.form == "fortran":
            return np.asfortranarray(A)
        if self.form == "csr":
            return scipy.sparse.csr_array(A)
        if self.form == "unobserved":
            where = np.nonzero(~np.isnan(A))
            return scipy.sparse.coo_array((A[where], where), shape=A.shape).tocsr()
        return A

    def nmf(self, max_iter, **parameters):
        """Return a new estimator."""
        whole = self.form not in ("nan", "unobserved") and self.k <= min(self.m, self.n)
        given = {
            "init": self.init if whole else "random",
            "missing": "unobserved" if self.form == "unobserved" else "nan",
            "shuffle": self.shuffle,
            "alpha_W": 0.0,
            "solver": self.loss[0],
            "beta_loss": self.beta,
            "random_state": 0,
            "tol": 0,
        }
        return NMF(self.k, max_iter=max_iter, **given | parameters)

    def start(self):
        rng = np.random.default_rng(self.seed)
        sizes = (self.m, self.k), (self.k, self.n)
        return [rng.uniform(0.1, 1, size) for size in sizes]

    def divergence(self, W, H):
        """Return it, and how far off differences of its terms can be."""
        A = self.dense
        known, Q = ~np.isnan(A), W.astype(float) @ H.astype(float)
        value, size = divergence(A[known].astype(float), Q[known], self.beta)
        return value, 200 * np.finfo(self.dtype).eps * size


def divergence(a, q, beta):
    """Σ d(a, q), and Σ of the sizes that d is a difference of."""
    if beta == 2:
        return ((a - q) ** 2).sum() / 2, (a**2 + q**2).sum()
    x, y = np.where(a > 0, a, 1), np.maximum(q, 1e-300)
    log = np.where(a > 0, np.log(x / y), 0)
    if beta == 1:
        return (a * log - a + q).sum(), (a * np.abs(log) + a + q).sum()
    if beta == 0:
        return (a / y - log - 1).sum(), (a / y + np.abs(log) + 1).sum()
    powers = [
        np.where(a > 0, x**beta, 0),
        (beta - 1) * q**beta,
        np.where(a > 0, -beta * x * y ** (beta - 1), 0),
    ]
    size = sum(np.abs(power).sum() for power in powers)
    return sum(powers).sum() / (beta * (beta - 1)), size / abs(beta * (beta - 1))


def problems(losses=LOSSES, dtypes=(np.float32, np.float64)):
    return st.builds(
        Problem,
        seed=st.integers(0, 9999),
        m=st.integers(1, 60),
        n=st.integers(1, 60),
        k=st.integers(1, 9),
        loss=st.sampled_from(losses),
        kind=st.sampled_from(KINDS),
        form=st.sampled_from(FORMS),
        dtype=st.sampled_from(dtypes),
        init=st.sampled_from(["random", "nndsvdar", None]),
        shuffle=st.booleans(),
    )


def check_fit(problem):
    A, nmf = problem.dense, problem.nmf(25)
    W = nmf.fit_transform(problem.X(A))
    H = nmf.components_
    for factor in (W, H):
        assert np.isfinite(factor).all()
        assert (factor >= 0).all()
        assert factor.dtype == A.dtype
        assert factor.flags.c_contiguous
    value, rounding = problem.divergence(W, H)
    divergences = nmf.reconstruction_errs_**2 / 2
    assert divergences[-1] == pytest.approx(value, rel=1e-5, abs=rounding)
    rounding += 200 * np.finfo(A.dtype).eps * divergences[0]
    assert (np.diff(divergences) <= rounding).all()
    assert nmf.n_iter_ == 25
    assert len(divergences) == 26


@FEW
@given(problem=problems())
def test_the_error_never_rises(problem):
    """And it is the error of the factors, which are finite and not negative."""
    check_fit(problem)


@pytest.mark.slow
@MANY
@given(problem=problems())
def test_the_error_never_rises_anywhere(problem):
    check_fit(problem)


@FEW
@given(problem=problems())
def test_encoding_never_rises(problem):
    """The more iterations, the better the W of ``transform``."""
    A = problem.dense
    X, nmf = problem.X(A), problem.nmf(5)
    nmf.fit(X)
    found = []
    for max_iter in (1, 3, 9, 40):
        W = nmf.set_params(max_iter=max_iter).transform(X)
        assert np.isfinite(W).all()
        assert (W >= 0).all()
        assert W.dtype == A.dtype
        unknown = np.isnan(A).all(axis=1)
        assert (W[unknown] == nmf.mean_weights_.astype(A.dtype)).all()
        found.append(problem.divergence(W, nmf.components_))
    for (before, _), (after, rounding) in pairwise(found):
        assert after <= before * (1 + 1e-6) + rounding


# Rows that share a vector end their sweeps together: for "cd" their order matters.
MULTIPLICATIVE = LOSSES[1:]


@FEW
@given(problem=problems(MULTIPLICATIVE, [np.float64]), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(problem, seed):
    A, (W, H) = problem.dense, problem.start()
    order = np.random.default_rng(seed).permutation(problem.m)
    here, there = (problem.nmf(6, init="custom") for _ in range(2))
    V = here.fit_transform(problem.X(A), W=W, H=H)
    moved = there.fit_transform(problem.X(A[order]), W=W[order], H=H)
    for ours, theirs in ((moved, V[order]), (there.components_, here.components_)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6 * theirs.max())


@FEW
@given(problem=problems(dtypes=[np.float64]), power=st.integers(-30, 30))
def test_a_scale_is_a_scale(problem, power):
    """Powers of four: no digit of X or of a factor is lost."""
    A, (W, H) = problem.dense, problem.start()
    if (A == 0).any() and problem.beta < 2:
        return  # the least product that is divided by has no scale
    here, there = (problem.nmf(6, init="custom") for _ in range(2))
    V = here.fit_transform(problem.X(A), W=W, H=H)
    side = 2.0**power
    U = there.fit_transform(problem.X(A * side**2), W=W * side, H=H * side)
    np.testing.assert_allclose(U / side, V, atol=1e-6 * V.max())
    expected = here.reconstruction_errs_ * side**problem.beta
    np.testing.assert_allclose(
        there.reconstruction_errs_, expected, atol=1e-5 * expected.max()
    )
