"""What does not fit a mixture's passes is an error: nothing is converted or crashes."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from latentia._native import kernels

N, D, K = 7, 3, 2
FACTORS = {"full": (K, D, D), "tied": (D, D), "diag": (K, D), "spherical": (K,)}
MIXTURE = ("covariance_type", "origin", "centre", "precision_cholesky", "log_weight")
PARAMETERS = {
    "e_step_statistics": (
        "X",
        "sample_weight",
        *MIXTURE,
        "reference_points",
        "n_threads",
    ),
    "init_statistics": (
        "X",
        "sample_weight",
        *MIXTURE[:3],
        "reference_points",
        "seed",
        "n_threads",
    ),
    "mixture_labels": ("X", *MIXTURE, "out", "n_threads"),
    "mixture_log_likelihood": ("X", *MIXTURE, "out", "n_threads"),
    "mixture_responsibilities": ("X", *MIXTURE, "out", "n_threads"),
    "squared_distances": ("X", "origin", "centre", "out", "n_threads"),
}
OUT = {
    "mixture_labels": lambda: np.zeros(N, np.int64),
    "mixture_log_likelihood": lambda: np.zeros(N),
    "mixture_responsibilities": lambda: np.zeros((N, K)),
    "squared_distances": lambda: np.zeros((N, K)),
}


def call(function, **given):
    """Call a pass with arguments that fit, but for those that are given."""
    type_ = given.get("covariance_type", "full")
    fitting = {
        "X": np.arange(21.0).reshape(N, D),
        "sample_weight": None,
        "covariance_type": type_,
        "origin": np.zeros(D),
        "centre": np.zeros((K, D)),
        "precision_cholesky": np.ones(FACTORS.get(type_, K)),
        "log_weight": np.zeros(K),
        "reference_points": np.zeros((K, D)),
        "seed": None,
        "out": OUT.get(function, lambda: None)(),
        "n_threads": 1,
    }
    assert given.keys() <= set(PARAMETERS[function])
    arguments = {name: (fitting | given)[name] for name in PARAMETERS[function]}
    return getattr(kernels, function)(**arguments)


def having(*names):
    """Every pass that takes these arguments."""
    return [f for f, taken in PARAMETERS.items() if set(names) <= set(taken)]


@pytest.mark.parametrize("function", PARAMETERS)
def test_what_fits(function):
    call(function)
    if "covariance_type" in PARAMETERS[function]:
        for type_ in FACTORS:
            call(function, covariance_type=type_)
    if "sample_weight" in PARAMETERS[function]:
        call(function, sample_weight=np.ones(N))
    if "seed" in PARAMETERS[function]:
        call(function, seed=2**64 - 1)


CSR = (np.array([0, 2, 2, 3, 4]), np.array([0, 2, 1, 0]), np.arange(4.0), 3)
X = np.arange(21.0).reshape(N, D)
NO_ROWS = {
    "nothing": None,
    "a list": X.tolist(),
    "CSR": CSR,
    "one axis": X[0],
    "three axes": X[np.newaxis],
    "integers": X.astype(np.int64),
    "half precision": X.astype(np.float16),
    "other byte order": X.astype(X.dtype.newbyteorder()),
    "no unit stride": np.ones((2 * N, 2 * D))[::2, ::2],
    "backwards": X[:, ::-1],
    "upside down": X[::-1],
    "broadcast": np.broadcast_to(X[0], X.shape),
}


@pytest.mark.parametrize("function", PARAMETERS)
def test_no_rows(function, case):
    for what, rows in NO_ROWS.items():
        with (
            case(rows=what),
            pytest.raises(TypeError, match="incompatible function arguments"),
        ):
            call(function, X=rows)


WRONG_VALUE = {
    "length of weights": ("sample_weight", np.ones(N - 1)),
    "axes of weights": ("sample_weight", np.ones((N, 1))),
    "stride of weights": ("sample_weight", np.ones(2 * N)[::2]),
    "length of origin": ("origin", np.zeros(D + 1)),
    "axes of origin": ("origin", np.zeros((1, D))),
    "stride of origin": ("origin", np.zeros(2 * D)[::2]),
    "columns of centre": ("centre", np.zeros((K, D + 1))),
    "rows of centre": ("centre", np.zeros((0, D))),
    "axes of centre": ("centre", np.zeros((K, D, 1))),
    "order of centre": ("centre", np.zeros((D, K)).T),
    "rows of reference_points": ("reference_points", np.zeros((K + 1, D))),
    "columns of reference_points": ("reference_points", np.zeros((K, D - 1))),
    "axes of reference_points": ("reference_points", np.zeros(K * D)),
    "order of reference_points": ("reference_points", np.zeros((D, K)).T),
    "rows of precision_cholesky": ("precision_cholesky", np.ones((K + 1, D, D))),
    "columns of precision_cholesky": ("precision_cholesky", np.ones((K, D, D + 1))),
    "axes of precision_cholesky": ("precision_cholesky", np.ones((D, D))),
    "order of precision_cholesky": ("precision_cholesky", np.ones((D, D, K)).T),
    "length of log_weight": ("log_weight", np.zeros(K + 1)),
    "axes of log_weight": ("log_weight", np.zeros((K, 1))),
    "no such type": ("covariance_type", "round"),
    "no type": ("covariance_type", ""),
}
VALUES = {
    f"{function}, {what}": (function, name, value)
    for what, (name, value) in WRONG_VALUE.items()
    for function in having(name)
}


def test_wrong_value(case):
    for what, (function, name, value) in VALUES.items():
        with (
            case(what=what),
            pytest.raises(
                ValueError,
                match=f"{name}|log_weight|precision_cholesky|reference_points|out",
            ),
        ):
            call(function, **{name: value})


@pytest.mark.parametrize("function", having("centre"))
@pytest.mark.parametrize("shape", [(), (D,)])
def test_centre_of_few_axes(function, shape):
    with pytest.raises(ValueError, match=r"centre|out"):
        call(function, centre=np.zeros(shape))


NO_FACTORS = [(), (K + 1,), (K, D + 1), (D, D + 1), (K, D, 1)]


@pytest.mark.parametrize("function", having("precision_cholesky"))
def test_factor_of_another_shape(function, case):
    for type_, shape in itertools.product(FACTORS, NO_FACTORS):
        with (
            case(type_=type_, shape=shape),
            pytest.raises(ValueError, match="precision_cholesky has the wrong shape"),
        ):
            call(function, covariance_type=type_, precision_cholesky=np.ones(shape))


@pytest.mark.parametrize("function", having("out"))
def test_where_results_cannot_go(function):
    fitting = OUT[function]()
    longer = np.zeros((N + 1, *fitting.shape[1:]), fitting.dtype)
    apart = np.zeros([2 * size for size in fitting.shape], fitting.dtype)
    apart = apart[tuple(slice(None, None, 2) for _ in fitting.shape)]
    for wrong in (longer, longer[:0], apart, fitting[np.newaxis]):
        with pytest.raises(ValueError, match="out"):
            call(function, out=wrong)
    fitting.flags.writeable = False
    with pytest.raises(ValueError, match="not writeable"):
        call(function, out=fitting)
    for wrong in (np.zeros(fitting.shape, np.float16), None, fitting.tolist()):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(function, out=wrong)


@pytest.mark.parametrize(
    "name",
    ["sample_weight", "origin", "centre", "precision_cholesky", "reference_points"],
)
def test_another_precision(name):
    narrow = {
        "sample_weight": np.ones(N, np.float32),
        "origin": np.zeros(D, np.float32),
        "centre": np.zeros((K, D), np.float32),
        "precision_cholesky": np.ones((K, D, D), np.float32),
        "reference_points": np.zeros((K, D), np.float32),
    }
    for function in having(name):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(function, **{name: narrow[name]})


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "0"])
def test_no_seed(seed):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call("init_statistics", seed=seed)


SCRIPT = """
import itertools
import numpy as np
from latentia._native import kernels

def calls(n, d, dtype):
    X, origin, centre = (np.ones(shape, dtype) for shape in ((n, d), d, (2, d)))
    labels, one = np.zeros(n, np.int64), np.zeros(n, dtype)
    each = np.zeros((n, 2), dtype)
    yield kernels.squared_distances, (X, origin, centre, each)
    for type_, shape in [
        ("full", (2, d, d)), ("tied", (d, d)), ("diag", (2, d)), ("spherical", (2,))
    ]:
        model = type_, origin, centre, np.ones(shape, dtype), np.zeros(2, dtype)
        yield kernels.e_step_statistics, (X, None, *model, centre)
        yield kernels.init_statistics, (X, None, *model[:3], centre, None)
        yield kernels.init_statistics, (X, None, *model[:3], centre, 1)
        yield kernels.mixture_labels, (X, *model, labels)
        yield kernels.mixture_log_likelihood, (X, *model, one)
        yield kernels.mixture_responsibilities, (X, *model, each)

no_rows, no_columns, odd_threads = (0, 3, [1]), (5, 0, [1]), (5, 3, [0, -7, 2**31 - 1])
for n, d, threads in (no_rows, no_columns, odd_threads):
    for dtype, n_threads in itertools.product("fd", threads):
        for function, arguments in calls(n, d, dtype):
            print(function.__name__, *arguments, n_threads, flush=True)
            try:
                function(*arguments, n_threads)
            except (TypeError, ValueError):
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
