"""What does not fit is a TypeError or ValueError: nothing is converted or crashes."""

import subprocess
import sys

import numpy as np
import pytest

from latentia._native import kernels

A = np.arange(12.0).reshape(4, 3)
CSR = (np.array([0, 2, 2, 3, 4]), np.array([0, 2, 1, 0]), np.arange(4.0), 3)

PARAMETERS = {
    "normal_product": ("A", "mean", "X", "Y", "n_threads"),
    "product": ("A", "mean", "X", "Y", "n_threads"),
    "adjoint_product": ("A", "mean", "Y", "n_threads"),
    "gram": ("A", "mean", "n_threads"),
    "summary": ("A", "origin", "n_threads"),
    "csr_structure": ("A", "nnz"),
    "fill_normal": ("out", "seed", "n_threads"),
}


def call(function, **given):
    """Call a kernel with arguments that fit, but for those that are given."""
    fitting = {
        "A": CSR if function == "csr_structure" else A,
        "mean": None,
        "X": np.ones((3, 2)),
        "Y": np.ones((4, 2)),
        "origin": np.zeros(3),
        "out": np.zeros((4, 2)),
        "seed": 0,
        "nnz": 4,
        "n_threads": 1,
    }
    arguments = {name: (fitting | given)[name] for name in PARAMETERS[function]}
    return getattr(kernels, function)(**arguments)


def read_only(shape):
    out = np.zeros(shape)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize("function", PARAMETERS)
def test_what_fits(function):
    call(function)
    if "A" in PARAMETERS[function]:
        call(function, A=CSR)


NO_MATRIX = {
    "nothing": None,
    "a list": A.tolist(),
    "one axis": A[0],
    "three axes": A[np.newaxis],
    "integers": A.astype(np.int64),
    "half precision": A.astype(np.float16),
    "complex": A.astype(complex),
    "other byte order": A.astype(A.dtype.newbyteorder()),
    "no unit stride": np.ones((8, 6))[::2, ::2],
    "backwards": A[:, ::-1],
    "upside down": A[::-1],
    "broadcast": np.broadcast_to(A[0], (4, 3)),
    "no tuple": list(CSR),
    "tuple too short": CSR[:3],
    "no row pointers": (CSR[0][:0], *CSR[1:]),
    "two index types": (CSR[0].astype(np.int32), *CSR[1:]),
    "unsigned indices": (CSR[0].astype(np.uint64), CSR[1].astype(np.uint64), *CSR[2:]),
    "integer values": (*CSR[:2], np.arange(4), 3),
    "too few values": (*CSR[:2], CSR[2][:3], 3),
    "values of two axes": (*CSR[:2], CSR[2][:, np.newaxis], 3),
    "values apart": (*CSR[:2], np.zeros(8)[::2], 3),
    "columns not counted": (*CSR[:3], None),
    "columns beyond counting": (*CSR[:3], 2**64),
    "columns beyond memory": (*CSR[:3], 2**62),
    "negative columns": (*CSR[:3], -3),
}


@pytest.mark.parametrize("function", [f for f in PARAMETERS if f != "fill_normal"])
def test_no_matrix(function, case):
    for what, matrix in NO_MATRIX.items():
        with (
            case(matrix=what),
            pytest.raises(TypeError, match="incompatible function arguments"),
        ):
            call(function, A=matrix)


WRONG_VALUE = {
    "rows of X": ("normal_product", {"X": np.ones((2, 2))}, "X"),
    "order of X": ("product", {"X": np.ones((2, 3)).T}, "X"),
    "rows of Y": ("product", {"Y": np.ones((3, 2))}, "Y"),
    "columns of Y": ("normal_product", {"Y": np.ones((4, 1))}, "Y"),
    "order of Y": ("normal_product", {"Y": np.ones((2, 4)).T}, "Y"),
    "stride of Y": ("product", {"Y": np.ones((4, 4))[:, ::2]}, "Y"),
    "read-only Y": ("product", {"Y": read_only((4, 2))}, "not writeable"),
    "read-only Y too": ("normal_product", {"Y": read_only((4, 2))}, "not writeable"),
    "rows of Y read": ("adjoint_product", {"Y": np.ones((3, 2))}, "Y"),
    "axes of mean": ("product", {"mean": np.ones(3)}, "mean"),
    "length of mean": ("gram", {"mean": np.ones((1, 4))}, "mean"),
    "stride of mean": ("gram", {"mean": np.ones((1, 6))[:, ::2]}, "mean"),
    "stride of rows' mean": ("product", {"mean": np.ones((8, 1))[::2]}, "mean"),
    "both axes of mean": ("product", {"mean": np.ones((4, 3))}, "mean"),
    "sparse rows' mean": ("gram", {"A": CSR, "mean": np.ones((5, 1))}, "mean"),
    "length of origin": ("summary", {"origin": np.zeros(4)}, "origin"),
    "axes of origin": ("summary", {"origin": np.zeros((1, 3))}, "origin"),
    "stride of origin": ("summary", {"origin": np.zeros(6)[::2]}, "origin"),
    "order of out": ("fill_normal", {"out": np.zeros((2, 4)).T}, "out"),
    "stride of out": ("fill_normal", {"out": np.zeros(6)[::2]}, "out"),
    "read-only out": ("fill_normal", {"out": read_only(4)}, "not writeable"),
}


@pytest.mark.parametrize(
    ("function", "given", "named"), WRONG_VALUE.values(), ids=WRONG_VALUE
)
def test_wrong_value(function, given, named):
    with pytest.raises(ValueError, match=named):
        call(function, **given)


WRONG_TYPE = {
    "dtype of X": ("normal_product", {"X": np.ones((3, 2), np.float32)}),
    "axes of X": ("product", {"X": np.ones(3)}),
    "stride of X": ("product", {"X": np.ones((3, 4))[:, ::2]}),
    "no X": ("product", {"X": None}),
    "dtype of Y": ("product", {"Y": np.ones((4, 2), np.float32)}),
    "dtype of Y read": ("adjoint_product", {"Y": np.ones((4, 2), np.float32)}),
    "no Y": ("adjoint_product", {"Y": None}),
    "dtype of mean": ("product", {"mean": np.ones((1, 3), np.float32)}),
    "dtype of gram's mean": ("gram", {"mean": np.ones((1, 3), np.float32)}),
    "dtype of origin": ("summary", {"origin": np.zeros(3, np.float32)}),
    "dense rows": ("csr_structure", {"A": A}),
    "dtype of out": ("fill_normal", {"out": np.zeros(4, np.int64)}),
    "negative seed": ("fill_normal", {"seed": -1}),
    "too large a seed": ("fill_normal", {"seed": 2**64}),
    "broken seed": ("fill_normal", {"seed": 0.5}),
    "broken n_threads": ("gram", {"n_threads": 1.5}),
}


@pytest.mark.parametrize(("function", "given"), WRONG_TYPE.values(), ids=WRONG_TYPE)
def test_wrong_type(function, given):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call(function, **given)


DANGEROUS = """
kernels.summary(np.empty((5, 0)), np.empty(0), 1)
kernels.summary(np.empty((5, 0), 'f'), np.empty(0), 1)
kernels.gram(np.ones((5, 3)), None, 0)
kernels.fma_peak('float32', 0)
kernels.read_bandwidth(np.ones(9, 'f'), -1)
kernels.read_bandwidth(np.ones(9, 'f')[::-1], 1)
kernels.read_bandwidth(np.ones(9, 'f')[::2], 1)
kernels.gram((np.zeros(2, 'i'), np.zeros(0, 'i'), np.zeros(0), -3), None, 1)
"""
SCRIPT = """
import sys
import numpy as np
from latentia._native import kernels

for expression in sys.argv[1].split("\\n"):
    print(expression, flush=True)
    try:
        eval(expression)
    except (TypeError, ValueError):
        pass
"""


def test_no_crash():
    """In a process of its own: an error is fine, a result is fine, a signal is not."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, DANGEROUS.strip()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout[-300:]
    assert done.stdout == DANGEROUS.lstrip()
