"""SciPy's conversions trust a sparse matrix's indices: they are checked first."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from scipy.sparse import random_array

import latentia
from latentia import rows
from latentia.datasets import load_matrix
from latentia.rows import as_rows

SHAPE = (30, 20)


def put(part, place, value):
    """Return damage: a number in an array of the matrix."""

    def damage(A):
        getattr(A, part)[place] = value

    return damage


def put_coordinate(axis, value):
    def damage(A):
        A.coords[axis][7] = value

    return damage


def cut(part, by=1):
    """Return damage: an array without its end."""

    def damage(A):
        setattr(A, part, getattr(A, part)[:-by])

    return damage


def become(part, dtype):
    def damage(A):
        setattr(A, part, getattr(A, part).astype(dtype))

    return damage


def longer_pointer(A):
    A.indptr = np.append(A.indptr, A.indptr[-1])


def one_axis_more(part):
    def damage(A):
        setattr(A, part, getattr(A, part)[..., np.newaxis])

    return damage


def wide_blocks(A):
    A.data = A.data.reshape(-1, 3, 2)[:, :, :1].repeat(3, axis=2)


def unknown_key(A):
    A._dict[(0, 99)] = 1.0


def negative_key(A):
    A._dict[(-1, 0)] = 1.0


def huge_key(A):
    A._dict[(2**40, 0)] = 1.0


def shorter_coordinates(A):
    A.coords = (A.coords[0][:-1], A.coords[1])


def float_coordinates(A):
    A.coords = (A.coords[0].astype(float), A.coords[1])


POINTED = {
    "index too large": put("indices", 5, 30),
    "index far too large": put("indices", 5, 2**31 - 1),
    "index too small": put("indices", 5, -1),
    "pointer goes back": put("indptr", 2, 999),
    "pointer is negative": put("indptr", 2, -3),
    "pointer begins late": put("indptr", 0, 1),
    "pointer begins early": put("indptr", 0, -1),
    "pointer ends far behind": put("indptr", -1, 2**31 - 1),
    "pointer ends at a negative": put("indptr", -1, -2),
    "pointer ends early": put("indptr", -1, 0),
    "pointer too short": cut("indptr"),
    "pointer too long": longer_pointer,
    "no pointer": cut("indptr", 21),
    "indices too few": cut("indices"),
    "values too few": cut("data"),
    "float indices": become("indices", float),
    "float pointer": become("indptr", float),
    "text": become("indices", "U3"),
    "two axes of indices": one_axis_more("indices"),
    "another axis of values": one_axis_more("data"),
}
DAMAGE = {
    "csc": POINTED,
    "csr": POINTED,
    "bsr": {**POINTED, "no pointer": cut("indptr", 11), "wider": wide_blocks},
    "coo": {
        "row too large": put_coordinate(0, 30),
        "row too small": put_coordinate(0, -1),
        "column too large": put_coordinate(1, 20),
        "column far too small": put_coordinate(1, -(2**31)),
        "rows too few": shorter_coordinates,
        "float rows": float_coordinates,
        "values too few": cut("data"),
        "another axis of values": one_axis_more("data"),
    },
    "dia": {
        "an offset too few": cut("offsets"),
        "a diagonal too few": cut("data"),
        "offset that wraps": put("offsets", 0, 2**31 - 1),
        "offset that wraps below": put("offsets", 0, -(2**31)),
        "float offsets": become("offsets", float),
        "another axis of values": one_axis_more("data"),
    },
    "lil": {
        "column too large": lambda A: A.rows[3].__setitem__(0, 20),
        "column too small": lambda A: A.rows[3].__setitem__(0, -1),
        "column far too large": lambda A: A.rows[3].__setitem__(0, 2**70),
        "column that wraps": lambda A: A.rows[3].__setitem__(0, 2**32),
        "no number": lambda A: A.rows[3].__setitem__(0, "a"),
        "a value too many": lambda A: A.data[3].append(1.0),
        "many values too many": lambda A: A.data[3].extend([1.0] * 9999),
        "a value too few": lambda A: A.data[3].pop(),
        "rows too few": cut("rows"),
        "values' rows too few": cut("data"),
    },
    "dok": {
        "column too large": unknown_key,
        "row too small": negative_key,
        "row far too large": huge_key,
    },
}
CASES = [
    pytest.param(kind, damage, id=f"{kind}: {name}")
    for kind, all_of_kind in DAMAGE.items()
    for name, damage in all_of_kind.items()
]


def sparse(kind, dtype=np.float64):
    A = random_array(
        SHAPE, density=0.4, random_state=np.random.default_rng(0), dtype=dtype
    )
    return (
        scipy.sparse.bsr_array(A.toarray(), blocksize=(3, 2))
        if kind == "bsr"
        else A.asformat(kind)
    )


def damaged(kind, damage, dtype=np.float64):
    A = sparse(kind, dtype)
    damage(A)
    return A


@pytest.mark.parametrize(("kind", "damage"), CASES)
def test_malformed_is_refused(kind, damage, case):
    for dtype in (np.float32, np.float64, np.int64):
        A = damaged(kind, damage, dtype)
        message = r"counts is not a valid [A-Z]{3} matrix"
        with case(dtype=dtype), pytest.raises(ValueError, match=message):
            as_rows(A, name="counts")


BAD = [
    pytest.param("csc", POINTED["index too small"], id="CSC"),
    pytest.param("csr", POINTED["index too large"], id="CSR"),
    pytest.param("coo", DAMAGE["coo"]["row too large"], id="COO"),
    pytest.param("bsr", POINTED["pointer goes back"], id="BSR"),
    pytest.param("dia", DAMAGE["dia"]["a diagonal too few"], id="DIA"),
    pytest.param("lil", DAMAGE["lil"]["many values too many"], id="LIL"),
]

FITS = {
    "PCA": lambda A: latentia.PCA(2).fit(A),
    "TruncatedSVD": lambda A: latentia.TruncatedSVD(2).fit_transform(A),
    "NMF": lambda A: latentia.NMF(2).fit(A),
    "NMF of ratings": lambda A: latentia.NMF(2, missing="unobserved").fit(A),
    "partial_fit": lambda A: latentia.NMF(2).partial_fit(A),
    "randomized_svd": lambda A: latentia.randomized_svd(A, 2),
    "cross_validate_rank": lambda A: latentia.cross_validate_rank(
        A, [1, 2], missing="unobserved"
    ),
    "transform": lambda A: latentia.PCA(2).fit(np.eye(30, 20)).transform(A),
    "exclude": lambda A: (
        latentia.NMF(2, max_iter=1, tol=0)
        .fit(np.ones(SHAPE))
        .recommend(np.ones((30, 2)), 3, exclude=A)
    ),
    "blocks": lambda A: latentia.PCA(2).fit(
        rows.open(lambda: iter([sparse("csr"), A]), memory="20MB")
    ),
}


@pytest.mark.parametrize(("kind", "damage"), BAD)
def test_every_estimator_refuses(kind, damage, case):
    for name, fit in FITS.items():
        with case(fit=name), pytest.raises(ValueError, match="is not a valid"):
            fit(damaged(kind, damage))


@pytest.mark.parametrize("chunks", [(15, 20), (15, 10)], ids=["rows", "columns too"])
@pytest.mark.parametrize(("kind", "damage"), BAD)
def test_chunks_of_dask(kind, damage, chunks):
    da = pytest.importorskip("dask.array")

    def chunk(block):
        A = random_array(
            block.shape, density=0.4, random_state=np.random.default_rng(0)
        )
        A = scipy.sparse.csr_array(A).asformat("csr" if kind == "bsr" else kind)
        if kind == "lil":
            A.data[3].append(1.0)
        elif kind != "bsr":
            damage(A)
        else:
            A.indptr[2] = 999
        return A

    X = da.zeros(SHAPE, chunks=chunks).map_blocks(
        chunk, dtype=float, meta=scipy.sparse.csr_array((0, 0))
    )
    measure = "error" if chunks[1] == 20 else "ignore"  # of chunks of columns it warns
    with warnings.catch_warnings():
        warnings.simplefilter(measure)
        with pytest.raises(ValueError, match="is not a valid"):
            latentia.PCA(2).fit(X)


# SciPy reads what is no integer, and does that right.
IN_FILES = [
    case
    for case in CASES
    if case.values[0] in ("csc", "csr", "coo", "bsr", "dia")
    and not any(word in case.id for word in ("float", "text"))
]


@pytest.mark.parametrize(("kind", "damage"), IN_FILES)
def test_files_of_strangers(tmp_path, kind, damage):
    """As a file of its own and as a part of rows."""
    A = damaged(kind, damage)
    parts = {"format": kind.encode(), "shape": np.array(SHAPE), "data": A.data}
    names = {"coo": ("row", "col"), "dia": ("offsets",)}.get(
        kind, ("indices", "indptr")
    )
    values = A.coords if kind == "coo" else [getattr(A, name) for name in names]
    parts |= dict(zip(names, values, strict=True))
    (tmp_path / "parts").mkdir()
    path = tmp_path / "parts" / "part-1.npz"
    np.savez(path, **parts)
    with pytest.raises(ValueError, match=r"part-1.npz: not a readable .npz archive"):
        load_matrix(path)
    with pytest.raises(ValueError, match=r"part-1.npz: not a readable .npz archive"):
        rows.open(path.parent)


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo", "dia"])
def test_other_integers_are_converted(kind, case):
    for index in ("u8", "u4", "i2", "u1", ">i4", ">i8"):
        with case(index=index):
            check_converted(kind, index)


def check_converted(kind, index):
    A = sparse(kind)
    expected = A.toarray()
    if kind == "coo":
        A.coords = tuple(axis.astype(index) for axis in A.coords)
    elif kind == "dia":
        A = scipy.sparse.dia_array((np.ones((2, 20)), [0, 3]), shape=SHAPE)
        expected = A.toarray()
        A.offsets = A.offsets.astype(index)
    else:
        A.indices, A.indptr = A.indices.astype(index), A.indptr.astype("u8")
    start, column, value, n = as_rows(A).block
    found = scipy.sparse.csr_array((value, column, start), shape=(len(start) - 1, n))
    np.testing.assert_array_equal(found.toarray(), expected)
    latentia.PCA(2).fit(A)


@pytest.mark.parametrize("value", [2**63, 2**64 - 1])
def test_unsigned_indices_that_are_too_large(value):
    A = sparse("csr")
    A.indices = A.indices.astype(np.uint64)
    A.indices[3] = value
    with pytest.raises(ValueError, match=f"X is not a valid CSR matrix: .*{value}"):
        as_rows(A)


@pytest.mark.parametrize("kind", DAMAGE)
def test_well_formed_is_not_changed(kind):
    """The same numbers come out, of the same matrix."""
    A = sparse(kind)
    expected = A.toarray()
    start, column, value, n = as_rows(A).block
    found = scipy.sparse.csr_array((value, column, start), shape=(len(start) - 1, n))
    np.testing.assert_array_equal(found.toarray(), expected)
    np.testing.assert_array_equal(A.toarray(), expected)


def test_diagonals_outside_of_the_matrix_are_empty():
    A = scipy.sparse.dia_array((np.ones((3, 20)), [0, 25, -40]), shape=SHAPE)
    assert as_rows(A).n_stored == 20


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, bool])
def test_counts_of_small_integers_do_not_wrap(dtype):
    """The usual way to count pairs."""
    i = np.zeros(300, dtype=int)
    counts = scipy.sparse.coo_matrix((np.ones(300, dtype), (i, i)), shape=(2, 2))
    assert rows.summarise(as_rows(counts)).mean[0] == 150
