"""What does not fit a factorisation's kernels is an error: nothing is converted."""

import subprocess
import sys

import numpy as np
import pytest

from latentia._native import kernels

M, N, K = 4, 3, 2
A = np.arange(12.0).reshape(M, N)
CSR = (np.array([0, 2, 2, 3, 4]), np.array([0, 2, 1, 0]), np.arange(4.0), N)
RULE = ("gram", "solver", "l1", "l2", "sweeps", "order")
SUMS = ("numerator", "denominator", "workspace", "n_threads")
PARAMETERS = {
    "nmf_frobenius_pass": (
        *("A", "W", "Ht", *RULE, "AtW", "workspace", "n_threads", "At"),
    ),
    "nmf_update": ("W", "P", *RULE, "n_threads"),
    "nmf_observed_hals_pass": (
        *("A", "W", "Ht", "l1", "l2", "centre", "sweeps", "order"),
        *("workspace", "n_threads"),
    ),
    "nmf_divergence_pass": (
        *("A", "W", "Ht", "beta", "floor", "observed_only", "l1", "l2"),
        *("centre", *SUMS, "At"),
    ),
    "nmf_divergence": ("A", "W", "Ht", "beta", "floor", "observed_only", "n_threads"),
    "nmf_multiply": ("W", "numerator", "denominator", "beta", "l1", "l2", "n_threads"),
    "top_of_product": ("W", "Ht", "exclude", "items", "scores", "n_threads"),
}


def call(function, **given):
    """Call a kernel with arguments that fit, but for those that are given."""
    rows = M if function == "nmf_multiply" else N
    fitting = {
        "A": CSR if function == "nmf_observed_hals_pass" else A,
        "W": np.ones((M, K)),
        "Ht": np.ones((N, K)),
        "P": np.ones((M, K)),
        "gram": np.ones((K, K)),
        "solver": "hals",
        "l1": 0.5,
        "l2": 0,
        "centre": None,
        "sweeps": 1,
        "order": None,
        "AtW": np.zeros((N, K)),
        "beta": 2.0,
        "floor": 1e-7,
        "observed_only": False,
        "numerator": np.ones((rows, K)),
        "denominator": np.ones((rows, K)),
        "exclude": None,
        "items": np.zeros((M, 2), np.int64),
        "scores": np.zeros((M, 2)),
        "workspace": kernels.NmfWorkspaceFloat64(),
        "n_threads": 1,
        "At": None,
    }
    assert given.keys() <= set(PARAMETERS[function])
    arguments = {name: (fitting | given)[name] for name in PARAMETERS[function]}
    return getattr(kernels, function)(**arguments)


def having(*names):
    """Every kernel that takes these arguments."""
    return [f for f, taken in PARAMETERS.items() if set(names) <= set(taken)]


@pytest.mark.parametrize("function", PARAMETERS)
def test_what_fits(function):
    call(function)
    if "A" in PARAMETERS[function]:
        call(function, A=CSR)
    if "order" in PARAMETERS[function]:
        call(function, order=np.array([1, 0]))
    if "solver" in PARAMETERS[function]:
        call(function, solver="mu", sweeps=0)
    if "observed_only" in PARAMETERS[function]:
        call(function, A=CSR, observed_only=True)


def test_denominators_that_fit():
    call("nmf_multiply", denominator=np.ones((1, K)))
    passes = [(A, 2, False), (CSR, 1, True), (A, 1, False), (CSR, 1, False)]
    for matrix, beta, observed_only in passes:
        given = {"A": matrix, "beta": beta, "observed_only": observed_only}
        call("nmf_divergence_pass", **given, numerator=None, denominator=None)
        if observed_only or beta == 2:
            call("nmf_divergence_pass", **given)
        else:
            call("nmf_divergence_pass", **given, denominator=None)


NO_MATRIX = {
    "nothing": None,
    "a list": A.tolist(),
    "integers": A.astype(np.int64),
    "single precision": A.astype(np.float32),
    "no unit stride": np.ones((8, 6))[::2, ::2],
    "two index types": (CSR[0].astype(np.int32), *CSR[1:]),
    "single values": (*CSR[:2], CSR[2].astype(np.float32), N),
}


@pytest.mark.parametrize("function", having("A"))
@pytest.mark.parametrize("matrix", NO_MATRIX.values(), ids=NO_MATRIX)
def test_no_matrix(function, matrix):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call(function, A=matrix)


def test_known_coordinates_are_of_sparse_matrices():
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call("nmf_observed_hals_pass", A=A)
    for function in having("observed_only"):
        with pytest.raises(ValueError, match="observed_only is for sparse A"):
            call(function, observed_only=True)


def read_only(shape):
    out = np.zeros(shape)
    out.flags.writeable = False
    return out


SQUARE = {
    "rows": np.ones((K + 1, K)),
    "columns": np.ones((K, K + 1)),
    "order": np.ones((3, K))[:K].T,
}
WRONG_VALUE = {
    "rows of W": ("W", np.ones((M + 1, K))),
    "columns of W": ("W", np.ones((M, K + 1))),
    "order of W": ("W", np.ones((K, M)).T),
    "columns of Ht": ("Ht", np.ones((N, K + 1))),
    "no columns of Ht": ("Ht", np.ones((N, 0))),
    "order of Ht": ("Ht", np.ones((K, N)).T),
    "columns of P": ("P", np.ones((M, K + 1))),
    "rows of P": ("P", np.ones((M + 1, K))),
    "order of P": ("P", np.ones((K, M)).T),
    "no columns of P": ("P", np.ones((M, 0))),
    **{f"{what} of gram": ("gram", value) for what, value in SQUARE.items()},
    "rows of AtW": ("AtW", np.ones((M, K))),
    "columns of AtW": ("AtW", np.ones((N, K + 1))),
    "stride of AtW": ("AtW", np.ones((N, 2 * K))[:, ::2]),
    "rows of numerator": ("numerator", np.ones((N + 2, K))),
    "order of numerator": ("numerator", np.ones((K, N)).T),
    "rows of denominator": ("denominator", np.ones((N + 2, K))),
    "columns of denominator": ("denominator", np.ones((N, K + 1))),
    "order of denominator": ("denominator", np.ones((K, N)).T),
    "no such solver": ("solver", "cd"),
    "no sweeps": ("sweeps", 0),
    "centre too short": ("centre", np.ones(K - 1)),
    "centre of two axes": ("centre", np.ones((1, K))),
    "centre apart": ("centre", np.ones(2 * K)[::2]),
    "order too long": ("order", np.arange(K + 1)),
    "order of two axes": ("order", np.arange(K)[np.newaxis]),
    "order apart": ("order", np.arange(2 * K)[::2]),
    "order with repeats": ("order", np.zeros(K, np.int64)),
    "order from one": ("order", np.arange(1, K + 1)),
    "order below zero": ("order", np.arange(-1, K - 1)),
    "no floor": ("floor", 0.0),
    "floor below zero": ("floor", -1.0),
    "floor that is none": ("floor", np.nan),
    "rows of items": ("items", np.zeros((M + 1, 2), np.int64)),
    "axes of items": ("items", np.zeros(M, np.int64)),
    "no items": ("items", np.zeros((M, 0), np.int64)),
    "order of items": ("items", np.zeros((2, M), np.int64).T),
    "rows of scores": ("scores", np.zeros((M + 1, 2))),
    "columns of scores": ("scores", np.zeros((M, 3))),
    "rows of exclude": ("exclude", (CSR[0][:4], CSR[1][:3], CSR[2][:3], N)),
    "columns of exclude": ("exclude", (*CSR[:3], N + 1)),
}
VALUES = {
    f"{function}, {what}": (function, name, value)
    for what, (name, value) in WRONG_VALUE.items()
    for function in having(name)
}


def test_wrong_value(case):
    """The argument is named, or the one that it does not go with."""
    for what, (function, name, value) in VALUES.items():
        with case(what=what):
            others = {
                "W": "W|items",
                "Ht": "Ht|W|gram|AtW",
                "P": "P|W|gram",
                "numerator": "numerator|W|denominator",
                "items": "items|scores",
            }
            with pytest.raises(ValueError, match=rf"\b({others.get(name, name)})\b"):
                call(function, **{name: value})


@pytest.mark.parametrize(
    "name", ["W", "AtW", "numerator", "denominator", "items", "scores"]
)
def test_where_results_cannot_go(name):
    for function in having(name):
        if function == "nmf_divergence" or (name, function) in [
            ("W", "top_of_product"),
            ("numerator", "nmf_multiply"),
            ("denominator", "nmf_multiply"),
        ]:
            continue  # is read
        shape = (M, K) if name in ("W", "items", "scores") else (N, K)
        out = read_only(shape).astype(np.int64 if name == "items" else float)
        out.flags.writeable = False
        with pytest.raises(ValueError, match="not writeable"):
            call(function, **{name: out})


@pytest.mark.parametrize(
    "given",
    [
        {"beta": 2, "denominator": None},
        {"beta": 2, "numerator": None},
        {"beta": 1},
        {"beta": 1, "numerator": None},
        {"beta": 1, "A": CSR},
        {"beta": 1, "A": CSR, "observed_only": True, "denominator": None},
    ],
    ids=str,
)
def test_denominators_that_do_not_fit(given):
    with pytest.raises(ValueError, match="denominator is wanted if and only if"):
        call("nmf_divergence_pass", **given)


AT = np.array([0, 2, 3, 4]), np.array([0, 3, 2, 0]), np.array([0.0, 3, 2, 1]), M


@pytest.mark.parametrize("function", ["nmf_frobenius_pass", "nmf_divergence_pass"])
def test_transposes_that_do_not_fit(function):
    given = {"A": CSR, "beta": 1.0, "denominator": None}
    given = {
        name: value for name, value in given.items() if name in PARAMETERS[function]
    }
    call(function, **given, At=AT)
    for At in [CSR, (AT[0][:3], *AT[1:]), (*AT[:3], M + 1)]:
        with pytest.raises(ValueError, match="At must be the transpose of A"):
            call(function, **given, At=At)


def test_transposes_are_for_stored_entries():
    with pytest.raises(TypeError):
        call("nmf_frobenius_pass", At=AT)
    with pytest.raises(ValueError, match="At is for sparse A"):
        call("nmf_frobenius_pass", At=A)
    with pytest.raises(ValueError, match="At is for stored entries only"):
        call("nmf_divergence_pass", A=CSR, At=AT)


NARROW = {
    **{name: np.ones((M, K), np.float32) for name in ("W", "P", "scores")},
    **{name: np.ones((N, K), np.float32) for name in ("Ht", "AtW")},
    "gram": np.ones((K, K), np.float32),
    "numerator": np.ones((N, K), np.float32),
    "denominator": np.ones((N, K), np.float32),
    "exclude": (*CSR[:2], CSR[2].astype(np.float32), N),
    "items": np.zeros((M, 2), np.int32),
    "order": np.arange(K, dtype=np.int32),
    "workspace": kernels.NmfWorkspaceFloat32(),
}
WRONG_TYPE = {
    **{f"narrow {name}": (name, value) for name, value in NARROW.items()},
    **{f"no {name}": (name, None) for name in {*NARROW} - {"order", "exclude"}},
    "list as W": ("W", np.ones((M, K)).tolist()),
    "dense exclude": ("exclude", A),
    "no solver": ("solver", None),
    "broken sweeps": ("sweeps", 1.5),
    "broken n_threads": ("n_threads", 1.5),
    "no beta": ("beta", None),
    "no l1": ("l1", None),
}
TYPES = {
    f"{function}, {what}": (function, name, value)
    for what, (name, value) in sorted(WRONG_TYPE.items())
    for function in having(name)
    # There need not be sums.
    if not (function == "nmf_divergence_pass" and value is None and name in SUMS[:2])
}


def test_wrong_type(case):
    for what, (function, name, value) in TYPES.items():
        with (
            case(what=what),
            pytest.raises(TypeError, match="incompatible function arguments"),
        ):
            call(function, **{name: value})


SCRIPT = """
import itertools
import sys
import numpy as np
from latentia._native import kernels

def calls(m, n, k, dtype):
    space = getattr(kernels, f"NmfWorkspace{dtype.capitalize()}")()
    A, W, P = (np.ones(shape, dtype) for shape in ((m, n), (m, k), (m, k)))
    Ht, AtW, more = np.ones((3, n, k), dtype)
    starts = np.arange(m + 1) * n
    full = starts, np.tile(np.arange(n), m), np.ones(m * n, dtype), n
    none = 0 * starts, full[1][:0], full[2][:0], n
    items, scores = np.zeros((m, 2), np.int64), np.zeros((m, 2), dtype)
    for solver in ("mu", "hals"):
        rule = np.ones((k, k), dtype), solver, 0, 0, 2, None
        yield kernels.nmf_update, (W, P, *rule)
        for matrix in (A, full, none):
            yield kernels.nmf_frobenius_pass, (matrix, W, Ht, *rule, AtW, space)
    for matrix, beta, known in itertools.product(
        (A, full, none), (1, 2), (False, True)
    ):
        options, sums = (beta, 0.1, known), (AtW, more if known or beta > 1 else None)
        yield kernels.nmf_divergence_pass, (
            matrix, W, Ht, *options, 0, 0, None, *sums, space
        )
        yield kernels.nmf_divergence, (matrix, W, Ht, *options)
    for matrix in (full, none):
        yield kernels.nmf_observed_hals_pass, (
            matrix, W, Ht, 0, 0, None, 2, None, space
        )
        yield kernels.top_of_product, (W, Ht, matrix, items, scores)
    yield kernels.nmf_multiply, (W, P, P.copy(), 2, 0, 0)
    yield kernels.nmf_multiply, (W, P, P[:1], 2, 0, 0)

for sizes, threads in [
    *[((m, n, k), [1]) for m in (0, 5) for n in (0, 3) for k in (0, 2)],
    ((5, 3, 2), [0, -7, 2**31 - 1]),
]:
    for dtype, n_threads in itertools.product(("float32", "float64"), threads):
        for function, arguments in calls(*sizes, dtype):
            print(function.__name__, sizes, *arguments, n_threads, flush=True)
            try:
                function(*arguments, n_threads)
            except ValueError:
                pass
"""


def test_no_crash():
    """In a process of its own: an error is fine, a result is fine, a signal is not."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout[-300:]
