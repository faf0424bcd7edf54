"""Half-iterations of alternating least squares against normal equations in NumPy.

Factors lie in wider arrays with NaN next to them.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

from latentia._native import kernels

KS = [1, 3, 16, 33, 64, 70]
LOSSES = {"implicit": 0.0, "implicit and extra": 0.3, "rating": None}


class Problem(NamedTuple):
    """What a half-iteration is given, and the same in float64."""

    A: tuple[Any, ...]
    Y: np.ndarray
    gram: np.ndarray
    ridge: np.ndarray
    prior: np.ndarray | None
    start: np.ndarray
    extra: float | None
    bias: np.ndarray

    def half(self, solver, n=1, n_threads=1):
        """Return X and the objective that the kernel returns."""
        X = apart(self.start)
        is_rating = self.extra is None
        found = getattr(kernels, f"als_{'rating' if is_rating else 'implicit'}_half")(
            self.A,
            X,
            self.Y,
            self.gram,
            self.ridge,
            self.prior,
            self.bias if is_rating else self.extra,
            solver,
            n,
            n_threads,
        )
        assert np.isnan(X.base[:, X.shape[1] :]).all()  # nothing is written there
        return X, found

    def rows(self):
        """Yield H, b and c of f(x) = xᵀHx − 2bᵀx + c for each row."""
        begin, column, value, _ = self.A
        for i, ridge in enumerate(self.ridge.astype(float)):
            part = slice(begin[i], begin[i + 1])
            Y, a = self.Y[column[part]].astype(float), value[part].astype(float)
            if self.extra is None:
                w, t = np.ones(len(a)), a - self.bias[column[part]].astype(float)
                c = (t**2).sum()
            else:
                w, t = a, a + self.extra
                c = t.sum()
            H = self.gram + (Y.T * w) @ Y + ridge * np.eye(Y.shape[1])
            b = Y.T @ t
            if self.prior is not None:
                prior = self.prior[i].astype(float)
                b, c = b + ridge * prior, c + ridge * prior @ prior
            yield H, b, c

    def check(self, X, objective, where, *, solved=True):
        """Each row solves its equations as exactly as rounding allows.

        And the objective is that of these rows.
        """
        eps, total, size = np.finfo(X.dtype).eps, 0.0, 0.0
        before = self.start.astype(float)  # its rounding errors stay
        for x, x0, (H, b, c) in zip(X.astype(float), before, self.rows(), strict=True):
            large = np.linalg.norm(x) + np.linalg.norm(x0)
            if solved:
                large = np.linalg.norm(H) * large + np.linalg.norm(b)
                assert np.linalg.norm(H @ x - b) <= 40 * eps * large, where
            total += x @ H @ x - 2 * b @ x + c
            size += x @ H @ x + 2 * abs(b @ x) + c + x0 @ H @ x0
        assert abs(objective - total) <= 40 * eps * size, where


def apart(X):
    memory = np.full((len(X), X.shape[1] + 3), np.nan, X.dtype)
    memory[:, : X.shape[1]] = X
    return memory[:, : X.shape[1]]


def made(k, dtype, index=np.int32, *, extra=0.0, prior=False, m=17, n=700, share=0.03):
    """Every fifth row is empty, the first has all columns, and some weights are 0."""
    random = np.random.default_rng(k)
    stored = random.random((m, n)) < share
    stored[0] = True
    stored[3::5] = False
    begin = np.concatenate([[0], np.cumsum(stored.sum(axis=1))]).astype(index)
    column = np.nonzero(stored)[1].astype(index)
    value = random.integers(0, 6, len(column)).astype(dtype)
    Y = random.standard_normal((n, k)).astype(dtype)
    gram = 0.1 * (Y.T.astype(float) @ Y) if extra is not None else np.zeros((k, k))
    return Problem(
        (begin, column, value, n),
        apart(Y),
        gram.astype(dtype),
        random.uniform(0.5, 2, m).astype(dtype),
        apart(random.standard_normal((m, k)).astype(dtype)) if prior else None,
        random.standard_normal((m, k)).astype(dtype),
        extra,
        random.standard_normal(n).astype(dtype),
    )


with_losses = pytest.mark.parametrize("extra", LOSSES.values(), ids=LOSSES)


@with_losses
@pytest.mark.parametrize("k", KS)
def test_solvers_solve_the_normal_equations(k, extra, dtype, case):
    indices = itertools.cycle([np.int32, np.int64])
    for prior in (False, True):
        problem = made(k, dtype, next(indices), extra=extra, prior=prior)
        for solver, n in (("cholesky", 1), ("subspace", k), ("cg", 2 * k + 20)):
            with case(solver=solver, prior=prior):
                problem.check(*problem.half(solver, n), (solver, prior))
        other = problem._replace(A=made(k, dtype, next(indices)).A)
        for solver in ("cholesky", "cg", "subspace"):
            with case(solver=solver, prior=prior, what="int32 and int64"):
                X, objective = problem.half(solver, 5)
                again, same = other.half(solver, 5)
                np.testing.assert_array_equal(X, again)
                assert objective == same


@with_losses
@pytest.mark.parametrize("prior", [False, True])
def test_few_steps_and_sweeps_lower_the_objective(dtype, extra, prior, case):
    """Of which they return the value; many of them solve the equations."""
    for k, solver, n in (
        *((k, "cg", n) for k in (3, 33) for n in (1, 2, 3)),
        *((k, "subspace", n) for k in (3, 33, 70) for n in (1, 8, 32)),
    ):
        problem = made(k, dtype, extra=extra, prior=prior)
        problem = problem._replace(ridge=100 * problem.ridge)
        before = np.inf
        for _ in range(3):
            with case(solver=solver, k=k, n=n):
                X, objective = problem.half(solver, n)
                problem.check(X, objective, (k, solver, n), solved=False)
                assert objective <= before * (1 + 1e-5)
                problem, before = problem._replace(start=np.array(X)), objective
        for _ in range(100):
            X, objective = problem.half(solver, n)
            problem = problem._replace(start=np.array(X))
        is_slow = solver == "cg" and n < 3  # nearly steepest descent
        problem.check(X, objective, (k, solver, n), solved=not is_slow)


@with_losses
@pytest.mark.parametrize("k", [3, 33, 64])
def test_a_diagonal_gram_matrix_is_given_as_one_row(k, dtype, extra, case):
    for prior in (False, True):
        problem = made(k, dtype, extra=extra, prior=prior)
        diagonal = np.diag(problem.gram)[None].copy()
        full = problem._replace(gram=np.diag(diagonal[0]))
        short = problem._replace(gram=diagonal)
        for n in (1, 2, 2 * k + 20):
            with case(prior=prior, n=n):
                X, objective = short.half("cg", n)
                full.check(X, objective, n, solved=n > k)
                expected, same = full.half("cg", n)
                near = {"rtol": 1e-3, "atol": 1e-3 * np.abs(expected).max()}
                np.testing.assert_allclose(X, expected, **near)
                np.testing.assert_allclose(objective, same, rtol=1e-4)
                again, same = short.half("cg", n, 7)
                np.testing.assert_array_equal(X, again)
                assert objective == same


def test_steps_converge_as_the_largest_weight_tells():
    """‖x − x*‖_H falls by 2ρ^n, with ρ = (√κ − 1)/(√κ + 1) and κ = 1 + w₁/α₀.

    Also if the eigenvalues of G are very different.
    """
    problem = made(33, np.float64, extra=0.0)
    begin, column, value, n_columns = problem.A
    Y = problem.Y * np.geomspace(1, 1e-4, 33)
    eigenvalues, Q = np.linalg.eigh(Y.T @ Y)
    Y = np.ascontiguousarray(Y @ Q)
    for w1 in (1.0, 16.0):
        weights = np.minimum(value, 1.0) * w1
        easy = problem._replace(
            A=(begin, column, weights, n_columns),
            Y=Y,
            gram=np.diag(eigenvalues),
            ridge=1e-9 * problem.ridge,
        )
        root = np.sqrt(1 + w1)
        for n in (1, 2, 4):
            X, _ = easy._replace(gram=eigenvalues[None]).half("cg", n)
            for x, x0, (H, b, _) in zip(X, easy.start, easy.rows(), strict=True):
                off, before = (v - np.linalg.solve(H, b) for v in (x, x0))
                bound = 2 * ((root - 1) / (root + 1)) ** n
                assert off @ H @ off <= bound**2 * (before @ H @ before) * 1.001


@pytest.mark.parametrize("k", [1, 3, 33, 64])
def test_rotate(k, dtype):
    random = np.random.default_rng(k)
    for m in (0, 1, 100, 2000):
        start = random.standard_normal((m, k)).astype(dtype)
        Q = random.standard_normal((k, k)).astype(dtype)
        X = apart(start)
        kernels.als_rotate(X, Q, 1)
        eps = np.finfo(dtype).eps
        size = np.abs(start).astype(float) @ np.abs(Q)
        assert (np.abs(X - start.astype(float) @ Q) <= k * eps * size).all()
        assert np.isnan(X.base[:, k:]).all()
        again = apart(start)
        kernels.als_rotate(again, Q, 7)
        np.testing.assert_array_equal(X, again)


@with_losses
def test_a_row_of_thousands(dtype, extra):
    problem = made(20, dtype, extra=extra, m=3, n=5000)
    for solver, n in (("cholesky", 1), ("subspace", 32), ("cg", 60)):
        X, objective = problem.half(solver, n)
        problem.check(X, objective, solver)


@with_losses
def test_empty_rows(dtype, extra):
    """Have zeros, or, if nothing else is known, their prior means."""
    for solver, n in (("cholesky", 1), ("subspace", 4), ("cg", 30)):
        for prior in (False, True):
            problem = made(9, dtype, extra=extra, prior=prior)
            problem = problem._replace(gram=0 * problem.gram)
            X, _ = problem.half(solver, n)
            expected = problem.prior[3::5] if prior else 0
            np.testing.assert_allclose(X[3::5], expected, rtol=1e-5, atol=1e-5)


@with_losses
@pytest.mark.parametrize("solver", ["cholesky", "cg", "subspace"])
def test_threads_do_not_matter(dtype, extra, solver):
    problem = made(33, dtype, extra=extra, prior=True, m=4000, n=300)
    X, objective = problem.half(solver, 3)
    for n_threads in (2, 7):
        again, same = problem.half(solver, 3, n_threads)
        np.testing.assert_array_equal(X, again)
        assert objective == same


@with_losses
def test_more_factors_than_columns(dtype, extra):
    """Without a ridge many x are solutions; a small one is found, with its value."""
    problem = made(40, dtype, extra=extra, n=7, share=0.5)
    problem.A[2][:] += 1  # else there is no minimum
    problem = problem._replace(ridge=0 * problem.ridge, gram=0 * problem.gram)
    sizes = [np.linalg.norm(np.linalg.pinv(H) @ b) for H, b, _ in problem.rows()]
    for solver, n in (("cholesky", 1), ("subspace", 40), ("cg", 30)):
        X, objective = problem._replace(start=0 * problem.start).half(solver, n)
        problem.check(X, objective, solver)
        assert (np.linalg.norm(X, axis=1) <= 1.2 * np.array(sizes) + 1e-6).all()
        X, objective = problem.half(solver, n)  # from elsewhere
        assert np.isfinite(X).all()
        problem.check(X, objective, solver, solved=False)


@pytest.mark.parametrize("power", [-60, -40, 40, 60])
def test_scales_do_not_matter(power):
    """Weights times 2ⁿ, with the penalties, have the same solution to the last bit."""
    problem = made(33, np.float32, extra=0.25)
    scale = np.float32(2.0**power)
    begin, column, value, n_columns = problem.A
    scaled = problem._replace(
        A=(begin, column, scale * value, n_columns),
        gram=scale * problem.gram,
        ridge=scale * problem.ridge,
        extra=0.25 * float(scale),
    )
    for solver, n in (("cholesky", 1), ("subspace", 16), ("cg", 3)):
        X, objective = problem.half(solver, n)
        again, found = scaled.half(solver, n)
        np.testing.assert_array_equal(X, again)
        assert found == objective * float(scale)


@pytest.mark.parametrize("value", [1e38, np.inf, np.nan])
@pytest.mark.parametrize("solver", ["cholesky", "cg", "subspace"])
def test_too_large_values_are_seen_in_the_objective(solver, value):
    problem = made(5, np.float32)
    begin, column, values, n = problem.A
    values = np.full_like(values, value)
    _, objective = problem._replace(A=(begin, column, values, n)).half(solver, 3)
    assert not np.isfinite(objective)


@with_losses
@pytest.mark.parametrize(("m", "n"), [(0, 3), (3, 0), (0, 0)])
def test_nothing(dtype, extra, m, n):
    for solver in ("cholesky", "cg", "subspace"):
        A = np.zeros(m + 1, np.int32), np.zeros(0, np.int32), np.zeros(0, dtype), n
        problem = Problem(
            A,
            np.ones((n, 2), dtype),
            np.eye(2, dtype=dtype),
            np.ones(m, dtype),
            None,
            np.ones((m, 2), dtype),
            extra,
            np.ones(n, dtype),
        )
        X, objective = problem.half(solver, 2)
        assert not X.any()
        assert objective == 0


# --- what does not fit ----------------------------------------------------------------

M, N, K = 4, 3, 2
CSR = (np.array([0, 2, 2, 3, 4]), np.array([0, 2, 1, 0]), np.arange(4.0), N)
COMMON = "A", "X", "Y", "gram", "ridge", "prior"
PARAMETERS = {
    "als_implicit_half": (*COMMON, "extra", "solver", "n", "n_threads"),
    "als_rating_half": (*COMMON, "column_bias", "solver", "n", "n_threads"),
}


def call(function, **given):
    """Call a kernel with arguments that fit, but for those that are given."""
    fitting = {
        "A": CSR,
        "X": np.ones((M, K)),
        "Y": np.ones((N, K)),
        "gram": np.ones((K, K)),
        "ridge": np.ones(M),
        "prior": None,
        "extra": 0.0,
        "column_bias": np.ones(N),
        "solver": "cg",
        "n": 1,
        "n_threads": 1,
    }
    assert given.keys() <= set(PARAMETERS[function])
    arguments = {name: (fitting | given)[name] for name in PARAMETERS[function]}
    return getattr(kernels, function)(**arguments)


def having(name):
    return [f for f, taken in PARAMETERS.items() if name in taken]


@pytest.mark.parametrize("function", PARAMETERS)
def test_what_fits(function):
    for solver in ("cholesky", "cg", "subspace"):
        for n in (1, 2**31 - 1) if solver != "cg" else (1,):
            call(function, solver=solver, n=n, prior=np.ones((M, K)))
    for n_threads in (-7, 0, 2**31 - 1):
        call(function, n_threads=n_threads)


READ_ONLY = np.ones((M, K))
READ_ONLY.flags.writeable = False
WRONG_VALUE = {
    "rows of X": ("X", np.ones((M + 1, K))),
    "columns of X": ("X", np.ones((M, K + 1))),
    "order of X": ("X", np.ones((K, M)).T),
    "axes of X": ("X", np.ones(M)),
    "read-only X": ("X", READ_ONLY),
    "rows of Y": ("Y", np.ones((N + 1, K))),
    "columns of Y": ("Y", np.ones((N, K + 1))),
    "no columns of Y": ("Y", np.ones((N, 0))),
    "order of Y": ("Y", np.ones((K, N)).T),
    "rows of gram": ("gram", np.ones((K + 1, K))),
    "columns of gram": ("gram", np.ones((K, K + 1))),
    "order of gram": ("gram", np.ones((3, K))[:K].T),
    "ridge too short": ("ridge", np.ones(M - 1)),
    "ridge of two axes": ("ridge", np.ones((1, M))),
    "ridge apart": ("ridge", np.ones(2 * M)[::2]),
    "rows of prior": ("prior", np.ones((M + 1, K))),
    "columns of prior": ("prior", np.ones((M, K + 1))),
    "order of prior": ("prior", np.ones((K, M)).T),
    "bias too long": ("column_bias", np.ones(N + 1)),
    "bias apart": ("column_bias", np.ones(2 * N)[::2]),
    "no such solver": ("solver", "lu"),
    "no steps": ("n", 0),
    "rows of A": ("A", (np.array([0, 2, 3]), *CSR[1:])),
    "columns of A": ("A", (*CSR[:3], N + 1)),
}


def test_wrong_value(case):
    """The argument is named, or the one that it does not go with."""
    others = {"Y": "Y|X|gram", "A": "A|X|Y|ridge", "X": "X|not writeable"}
    for what, (name, value) in WRONG_VALUE.items():
        for function in having(name):
            with (
                case(what=what, function=function),
                pytest.raises(ValueError, match=rf"\b({others.get(name, name)})\b"),
            ):
                call(function, **{name: value})


def test_what_does_not_fit_a_rotation(case):
    Q = np.eye(K)
    for what, X, q in (
        ("Q", np.ones((M, K)), np.ones((K, K + 1))),
        ("Q", np.ones((M, K)), np.ones((K + 1, K + 2))[:, :K]),
        ("X", np.ones((M, K + 1)), Q),
        ("X", np.ones(M), Q),
        ("not writeable", READ_ONLY, Q),
    ):
        with case(what=what), pytest.raises(ValueError, match=rf"\b{what}\b"):
            kernels.als_rotate(X, q, 1)
    # One row is a diagonal matrix, for conjugate gradients alone
    call("als_implicit_half", gram=np.ones((1, K)))
    for solver in ("cholesky", "subspace"):
        with pytest.raises(ValueError, match=r"\bgram\b"):
            call("als_implicit_half", gram=np.ones((1, K)), solver=solver)


WRONG_TYPE = {
    **{
        f"narrow {name}": (name, np.ones(shape, np.float32))
        for name, shape in {
            "X": (M, K),
            "Y": (N, K),
            "gram": (K, K),
            "ridge": M,
            "prior": (M, K),
            "column_bias": N,
        }.items()
    },
    **{f"no {name}": (name, None) for name in ("A", "X", "Y", "gram", "ridge", "n")},
    "dense A": ("A", np.ones((M, N))),
    "single values": ("A", (*CSR[:2], CSR[2].astype(np.float32), N)),
    "two index types": ("A", (CSR[0].astype(np.int32), *CSR[1:])),
    "broken n": ("n", 1.5),
    "large n": ("n", 2**31),
    "no extra": ("extra", None),
    "no bias": ("column_bias", None),
    "no solver": ("solver", None),
}


def test_wrong_type(case):
    for what, (name, value) in WRONG_TYPE.items():
        for function in having(name):
            with (
                case(what=what, function=function),
                pytest.raises(TypeError, match="incompatible function arguments"),
            ):
                call(function, **{name: value})
