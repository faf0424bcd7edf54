"""Call the kernels with arguments that do not fit, at random: a mutation loop.

Every call may return or raise TypeError, ValueError or MemoryError; anything else, a
signal or a report of a sanitizer included, ends the process. Call i of a seed is always
the same one, and is named before it is made.

    pytest -m slow tests/native/test_fuzz.py

builds the kernels with sanitizers and calls them; by hand that is

    cmake --preset fuzz && cmake --build --preset fuzz

    where() { g++ -print-file-name=$1; }
    LD_PRELOAD="$(where libasan.so) $(where libstdc++.so)" \
        ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
        python tests/native/fuzz.py build/fuzz/cpp/_kernels_v2*.so --seed 7

The contents of a CSR matrix are damaged for ``csr_structure`` alone: it must find that.
"""

import argparse
import importlib.util
import sys
import time
import warnings
from pathlib import Path

import numpy as np

REFUSALS = (TypeError, ValueError, MemoryError)


def load(path):
    """Return the module of kernels in a file, which needs nothing of the package."""
    spec = importlib.util.spec_from_file_location(Path(path).name.split(".")[0], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pick(r, choices):
    return choices[r.integers(len(choices))]


# Arguments that fit


def dense(r, shape, dtype):
    return r.random(shape).astype(dtype)


def stored(r, shape, dtype):
    """A dense matrix with a unit stride one way, or a sparse one."""
    A = dense(r, shape, dtype)
    layout = r.integers(6)
    if layout == 0:
        return np.asfortranarray(A)
    if layout == 1:
        return np.ascontiguousarray(np.pad(A, ((0, 0), (0, 3))))[:, : shape[1]]
    return csr(r, A) if layout >= 4 else A


def csr(r, A):
    index = pick(r, (np.int32, np.int64))
    A = np.where(r.random(A.shape) < 0.4, A, 0)
    rows, columns = np.nonzero(A)
    start = np.searchsorted(rows, np.arange(len(A) + 1))
    return start.astype(index), columns.astype(index), A[rows, columns], A.shape[1]


def maybe(r, value):
    return value if r.random() < 0.5 else None


def mean(r, m, n, dtype):
    return maybe(r, dense(r, pick(r, ((1, n), (m, 1))), dtype))


def factor(r, kind, k, d, dtype):
    shape = {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}[kind]
    return dense(r, shape, dtype)


def arguments(r, kernels, name):
    """Return {name: value} that fit a function."""
    m, n, k = (int(size) for size in r.integers(1, 40, 3))
    t = pick(r, ("f4", "f8"))
    threads = {"n_threads": int(r.integers(1, 4))}
    if name in ("normal_product", "product", "adjoint_product"):
        A, offset = stored(r, (m, n), t), mean(r, m, n, t)
        X, Y = dense(r, (n, k), t), dense(r, (m, k), t)
        if name == "adjoint_product":
            return {"A": A, "mean": offset, "Y": Y, **threads}
        Y = maybe(r, Y) if name == "normal_product" else Y
        return {"A": A, "mean": offset, "X": X, "Y": Y, **threads}
    if name == "gram":
        return {"A": stored(r, (m, n), t), "mean": mean(r, m, n, "f8"), **threads}
    if name == "summary":
        return {"A": stored(r, (m, n), t), "origin": dense(r, n, "f8"), **threads}
    if name == "csr_structure":
        A = csr(r, dense(r, (m, n), t))
        return {"A": A, "stored": len(A[1])}
    if name == "top_of_scores":
        exclude = maybe(r, csr(r, dense(r, (m, n), t)))
        items, scores = np.zeros((m, 3), np.int64), np.zeros((m, 3), t)
        S = np.ascontiguousarray(dense(r, (m, n), t))
        return {"S": S, "exclude": exclude, "items": items, "scores": scores, **threads}
    if name == "ranking_metrics":
        depths = np.arange(1, int(r.integers(2, 5)))
        return {
            "list": r.integers(-1, n, (m, 3)),
            "relevant": csr(r, dense(r, (m, n), t)),
            "depths": depths,
            "information": maybe(r, r.random(n)),
            "out": np.zeros((m, 7 * len(depths))),
            **threads,
        }
    if name == "fill_normal":
        return {"out": dense(r, (m, n), t), "seed": int(r.integers(99)), **threads}
    if name.startswith("nmf") or name == "top_of_product":
        return of_factors(r, kernels, name, (m, n, min(k, 12)), t) | threads
    if name.startswith("als"):
        return of_least_squares(r, name, (m, n, min(k, 40)), t) | threads
    return of_mixture(r, name, (m, min(n, 12), min(k, 5)), t) | threads


def of_least_squares(r, name, sizes, t):
    m, n, k = sizes
    given = {
        "A": csr(r, np.abs(dense(r, (m, n), t))),
        "X": np.ascontiguousarray(dense(r, (m, k), t)),
        "Y": np.ascontiguousarray(dense(r, (n, k), t)),
        "gram": np.eye(k, dtype=t),
        "ridge": np.ones(m, t),
        "prior": maybe(r, np.zeros((m, k), t)),
        "solver": pick(r, ("cholesky", "cg", "subspace")),
        "n": int(r.integers(1, 20)),
    }
    if name == "als_rating_half":
        return given | {"column_bias": np.zeros(n, t)}
    return given | {"extra": pick(r, (0.0, 0.5))}


def of_factors(r, kernels, name, sizes, t):
    m, n, k = sizes
    W, Ht = dense(r, (m, k), t), dense(r, (n, k), t)
    single = t == "f4"
    workspace = kernels.NmfWorkspaceFloat32 if single else kernels.NmfWorkspaceFloat64
    rule = {"solver": pick(r, ("hals", "mu"))}
    size = {"l1": 0.1, "l2": 0.2}
    order = {"sweeps": int(r.integers(1, 3)), "order": maybe(r, r.permutation(k))}
    A = stored(r, (m, n), t)
    if name == "nmf_frobenius_pass":
        given = {"A": A, "W": W, "Ht": Ht, "gram": Ht.T @ Ht, **rule, **size, **order}
        return given | {"AtW": dense(r, (n, k), t), "workspace": workspace()}
    if name == "nmf_update":
        P = dense(r, (m, k), t)
        return {"W": W, "P": P, "gram": Ht.T @ Ht, **rule, **size, **order}
    if name == "nmf_observed_hals_pass":
        A = csr(r, dense(r, (m, n), t))
        return {"A": A, "W": W, "Ht": Ht, **size, **order, "workspace": workspace()}
    if name == "nmf_multiply":
        below = dense(r, (pick(r, (1, m)), k), t)
        sums = {"numerator": dense(r, (m, k), t), "denominator": below}
        return {"W": W, **sums, "beta": 1.5, **size}
    if name == "top_of_product":
        exclude = maybe(r, csr(r, dense(r, (m, n), t)))
        items = np.zeros((m, 3), np.int64)
        scores = np.zeros((m, 3), t)
        return {"W": W, "Ht": Ht, "exclude": exclude, "items": items, "scores": scores}
    kind = {"beta": pick(r, (0.0, 0.5, 1.0, 2.0, 3.0)), "floor": 1e-7}
    kind["observed_only"] = bool(isinstance(A, tuple) and r.random() < 0.5)
    given = {"A": A, "W": W, "Ht": Ht, **kind}
    if name == "nmf_divergence":
        return given
    sums = {"numerator": maybe(r, dense(r, (n, k), t)), "denominator": None}
    if sums["numerator"] is not None and (kind["beta"] != 1 or kind["observed_only"]):
        sums["denominator"] = dense(r, (n, k), t)
    return given | size | sums | {"workspace": workspace()}


def of_mixture(r, name, sizes, t):
    m, d, k = sizes
    kind = pick(r, ("full", "tied", "diag", "spherical"))
    X, weight = dense(r, (m, d), t), {"sample_weight": maybe(r, dense(r, m, t))}
    origin = {"origin": dense(r, d, t)}
    centre = {"centre": dense(r, (k, d), t)}
    reference_points = {"reference_points": dense(r, (k, d), t)}
    parts = {
        "precision_cholesky": factor(r, kind, k, d, t),
        "log_weight": dense(r, k, t),
    }
    mixture = {"covariance_type": kind, **origin, **centre}
    out = {
        "mixture_labels": np.zeros(m, np.int64),
        "mixture_log_likelihood": dense(r, m, t),
    }.get(name, dense(r, (m, k), t))
    if name == "e_step_statistics":
        return {"X": X, **weight, **mixture, **parts, **reference_points}
    if name == "init_statistics":
        seed = {"seed": maybe(r, int(r.integers(99)))}
        return {"X": X, **weight, **mixture, **reference_points, **seed}
    if name == "squared_distances":
        return {"X": X, **origin, **centre, "out": out}
    return {"X": X, **mixture, **parts, "out": out}


FUNCTIONS = (
    *(
        "normal_product",
        "product",
        "adjoint_product",
        "gram",
        "summary",
        "csr_structure",
    ),
    *(
        "fill_normal",
        "e_step_statistics",
        "init_statistics",
        "mixture_labels",
        "squared_distances",
    ),
    *("mixture_log_likelihood", "mixture_responsibilities", "nmf_frobenius_pass"),
    *("nmf_update", "nmf_observed_hals_pass", "nmf_divergence_pass"),
    *("nmf_divergence", "nmf_multiply", "top_of_product"),
    *("top_of_scores", "ranking_metrics"),
    *("als_implicit_half", "als_rating_half"),
)


# Arguments that do not


def read_only(A):
    A = A.copy()
    A.flags.writeable = False
    return A


def grown(A, axis, by):
    width = [(0, 0)] * A.ndim
    width[axis] = (0, by)
    return np.ascontiguousarray(np.pad(A, width))


OF_ARRAYS = (
    *[
        lambda A, r, t=t: A.astype(t)
        for t in ("f2", "f4", "f8", "i4", "i8", "c16", "O")
    ],
    lambda A, r: A.astype(A.dtype.newbyteorder()),
    lambda A, r: A[..., np.newaxis],
    lambda A, r: A[0],
    lambda A, r: A.ravel(),
    lambda A, r: A.T,
    lambda A, r: np.asfortranarray(A),
    lambda A, r: A[::-1],
    lambda A, r: A[..., ::-1],
    lambda A, r: A[::2],
    lambda A, r: np.repeat(A, 2, axis=-1)[..., ::2],
    lambda A, r: np.broadcast_to(A[:1], A.shape),
    lambda A, r: A[:0],
    lambda A, r: A[..., :0],
    lambda A, r: A[:-1].copy(),
    lambda A, r: A[..., :-1].copy(),
    lambda A, r: grown(A, 0, 1),
    lambda A, r: grown(A, A.ndim - 1, 1),
    lambda A, r: read_only(A),
    lambda A, r: np.full_like(A, pick(r, (np.nan, np.inf, -1, 0, 3e38, 1e-40))),
    lambda A, r: A.tolist(),
    lambda A, r: np.lib.stride_tricks.as_strided(A, strides=[0] * A.ndim),
)
ANYTHING = (
    *(None, -1, 0, 1.5, True, "", "full", b"mu", np.nan, np.inf, -np.inf, 1e308),
    *(2**31, 2**63, 2**64, -(2**63), np.int64(3), np.float32(2), (), [], {}, object()),
    *(
        np.zeros(0),
        np.zeros((0, 0)),
        np.zeros(()),
        "x" * 10_000,
        "hals\0",
        (1, 2, 3, 4),
    ),
)
SIZES = (-1, 0, 2**31, 2**63, 2**64, -(2**63), 1.5, None, "2", np.int64(2), True)


def damaged_csr(r, parts, *, entries):
    """Return CSR that says so itself; with ``entries`` one that has to be inspected."""
    parts = list(parts)
    which = int(r.integers(4))
    if entries and len(parts[1]) and r.random() < 0.7:
        part = parts[int(r.integers(2))] = parts[int(r.integers(2))].copy()
        info = np.iinfo(part.dtype)
        part[r.integers(len(part))] = pick(r, (-1, 40, info.max, info.min, 2))
    elif r.random() < 0.3:  # nothing is stored, so that any number of columns will do
        parts = [np.zeros_like(parts[0]), parts[1][:0], parts[2][:0]]
        parts.append(pick(r, (0, -3, 2**40, 2**62, -(2**62))))
    elif which < 3:
        change = pick(r, OF_ARRAYS[:14] if which else OF_ARRAYS[:7])
        parts[which] = change(parts[which], r)
        if which == 2 or len(parts) != 4:
            return tuple(parts)
    else:
        parts[3] = pick(r, (None, 1.5, "3", 2**64))
    return tuple(parts) if r.random() < 0.9 else pick(r, (parts, parts[:3], parts * 2))


def mutated(r, name, given):
    """Change one or two of the arguments."""
    given = dict(given)
    for _ in range(int(r.integers(1, 3))):
        called = pick(r, list(given))
        value = given[called]
        chance = r.random()
        if called == "sweeps" or called == "stored":
            given[called] = pick(r, (-1, 0, 1.5, None, "2"))
        elif chance < 0.15:
            given[called] = pick(r, ANYTHING)
        elif chance < 0.2:  # the same memory twice
            given[called] = given[pick(r, list(given))]
        elif isinstance(value, np.ndarray) and value.size:
            given[called] = pick(r, OF_ARRAYS)(value, r)
        elif isinstance(value, tuple) and len(value) == 4:
            given[called] = damaged_csr(r, value, entries=name == "csr_structure")
        elif isinstance(value, int):
            given[called] = pick(r, SIZES)
        else:
            given[called] = pick(r, ANYTHING)
    if isinstance(given.get("n_threads"), int):
        given["n_threads"] = min(given["n_threads"], 2**31)
    if isinstance(given.get("sweeps"), int):
        given["sweeps"] = min(given["sweeps"], 3)
    return given


def call(kernels, seed, i):
    """Make call i of a seed; return whether it was refused."""
    r = np.random.default_rng([seed, i])
    name = pick(r, FUNCTIONS)
    print(i, name, flush=True)
    try:
        given = mutated(r, name, arguments(r, kernels, name))
    except (
        AttributeError,
        IndexError,
        ValueError,
        TypeError,
    ):  # a change that the value does not have
        return True
    if name == "csr_structure" and not fits_stored(given):
        return True
    try:
        getattr(kernels, name)(**given)
    except REFUSALS:
        return True
    return False


def fits_stored(given):
    """``stored`` is what its caller counts: at most the entries there are."""
    A, count = given["A"], given["stored"]
    whole = isinstance(A, tuple) and len(A) == 4 and isinstance(count, int)
    return not whole or not hasattr(A[1], "__len__") or count <= len(A[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module")
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of casts that lose something
    kernels, refused, made = load(given.module), 0, 0
    end = time.monotonic() + given.seconds
    for i in range(given.first, given.first + given.calls):
        refused += call(kernels, given.seed, i)
        made += 1
        if time.monotonic() > end:
            break
    print(f"{made} calls, {refused} refused, level {kernels.level}", file=sys.stderr)


if __name__ == "__main__":
    main()
