"""Sparse matrices in HDF5 and Zarr, as AnnData stores them, by blocks."""

import json

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF, PCA
from latentia.rows import gram, open

h5py = pytest.importorskip("h5py")
zarr = pytest.importorskip("zarr")

DTYPES = [np.float32, np.float64, np.int64]
STORES = pytest.mark.parametrize("store", ["hdf5", "zarr2", "zarr3"])


def counts(shape=(203, 31), seed=0, dtype=np.float32):
    random = np.random.default_rng(seed)
    A = scipy.sparse.random(*shape, 0.2, format="csr", random_state=random)
    A.data = np.ceil(9 * A.data).astype(dtype)
    return A


def put(group, A, **attributes):
    """Write a sparse matrix into a group of either library."""
    kind = A.format
    group.attrs.update(
        {
            "encoding-type": f"{kind}_matrix",
            "encoding-version": "0.1.0",
            "shape": list(A.shape),
        }
        | attributes
    )
    for name in ("data", "indices", "indptr"):
        if hasattr(group, "create_array"):
            group.create_array(name, data=getattr(A, name))
        else:
            group[name] = getattr(A, name)


def written(folder, store, matrices, **attributes):
    """Write matrices by name and return the path."""
    if store == "hdf5":
        path = folder / "A.h5ad"
        with h5py.File(path, "w") as file:
            file.attrs["encoding-type"] = "anndata"
            for name, A in matrices.items():
                if scipy.sparse.issparse(A):
                    put(file.create_group(name), A, **attributes)
                else:
                    file[name] = A
        return path
    path = folder / "A.zarr"
    root = zarr.create_group(str(path), zarr_format=int(store[-1]))
    root.attrs["encoding-type"] = "anndata"
    for name, A in matrices.items():
        if scipy.sparse.issparse(A):
            put(root.create_group(name), A, **attributes)
        else:
            root.create_array(name, data=A)
    return path


@STORES
@pytest.mark.parametrize("dtype", DTYPES)
def test_passes_see_the_matrix(tmp_path, store, dtype):
    A, layer = counts(dtype=dtype), counts(seed=1)
    path = written(tmp_path, store, {"X": A, "layers/counts": layer})
    for name, expected in {"": A, "::X": A, "::layers/counts": layer}.items():
        for memory in ("20kB", "1GB"):
            rows = open(f"{path}{name}", memory=memory)
            assert rows.sparse
            assert rows.shape == A.shape
            assert rows.dtype == (np.float32 if expected.dtype == "f4" else np.float64)
            dense = expected.toarray().astype(rows.dtype)
            np.testing.assert_allclose(gram(rows), dense.T @ dense, rtol=1e-6)
            row_start, column, value, n = rows.take(np.array([0, 7, 202]))
            taken = scipy.sparse.csr_array((value, column, row_start), shape=(3, n))
            np.testing.assert_array_equal(taken.toarray(), dense[[0, 7, 202]])


@STORES
def test_estimators_take_it(tmp_path, store):
    A = counts(dtype=np.float64)
    rows = open(written(tmp_path, store, {"X": A}), memory="20kB")
    found = PCA(3, random_state=0).fit(rows)
    exact = PCA(3, svd_solver="full").fit(A.toarray())
    np.testing.assert_allclose(found.singular_values_, exact.singular_values_)
    model = NMF(3, init="random", random_state=0, solver="mu", max_iter=5, tol=0)
    W = model.fit_transform(rows)
    np.testing.assert_allclose(W, model.fit_transform(A), rtol=1e-6)


@STORES
def test_dense_x(tmp_path, store):
    A = counts().toarray()
    path = written(tmp_path, store, {"X": A, "layers/raw": 2 * A})
    np.testing.assert_array_equal(open(path).take(np.arange(203)), A)
    raw = open(f"{path}::layers/raw")
    assert not raw.sparse
    np.testing.assert_array_equal(raw.take(np.arange(203)), 2 * A)


def test_a_sparse_matrix_of_a_plain_file(tmp_path):
    A = counts()
    with h5py.File(tmp_path / "A.h5", "w") as file:
        put(file.create_group("genes"), A)
        file["names"] = np.arange(5)
    np.testing.assert_allclose(gram(open(tmp_path / "A.h5")), (A.T @ A).toarray())
    with h5py.File(tmp_path / "A.h5", "a") as file:
        group = file.create_group("old")
        put(group, A)
        for name in ("encoding-type", "shape"):
            del group.attrs[name]
        group.attrs.update({"h5sparse_format": b"csr", "h5sparse_shape": A.shape})
    assert open(f"{tmp_path / 'A.h5'}::old").shape == A.shape
    with pytest.raises(ValueError, match=r"holds 2 matrices \(genes, old\)"):
        open(tmp_path / "A.h5")


@STORES
def test_columns_are_refused_with_the_remedy(tmp_path, store):
    path = written(tmp_path, store, {"X": counts().tocsc()})
    with pytest.raises(ValueError, match=r"by columns \(CSC\).*\.tocsr\(\)"):
        open(path)


def test_unsorted_and_repeated_entries_are_put_in_order(tmp_path):
    A = scipy.sparse.csr_matrix((3, 4))
    A.data = np.array([1.0, 2, 3, 4, 5])
    A.indices, A.indptr = np.array([2, 0, 2, 3, 1]), np.array([0, 3, 3, 5])
    rows = open(written(tmp_path, "hdf5", {"X": A}))
    dense = np.array([[2.0, 0, 4, 0], [0, 0, 0, 0], [0, 5, 0, 4]])
    np.testing.assert_array_equal(gram(rows), dense.T @ dense)


def change(name, place, value):
    def changed(parts):
        parts[name][place] = value

    return changed


def cut(name):
    def changed(parts):
        parts[name] = parts[name][:-1]

    return changed


def typed(name, dtype):
    def changed(parts):
        parts[name] = parts[name].astype(dtype)

    return changed


def shaped(shape):
    def changed(parts):
        parts["shape"] = shape

    return changed


# What the row pointer and the shape say is checked when the file is opened, what is
# in the middle when a block is read.
DAMAGE = {
    "column too large": (change("indices", 500, 31), "row .* has the column 31"),
    "column far too large": (change("indices", 500, 2**31 - 1), "has the column 2147"),
    "column is negative": (change("indices", 500, -1), "row .* has the column -1"),
    "goes back": (change("indptr", 100, 3), "indptr is malformed at 100"),
    "goes far": (change("indptr", 100, 2**31 - 1), "indptr is malformed at 100"),
    "is negative": (change("indptr", 100, -5), "indptr is malformed at 100"),
    "begins late": (change("indptr", 0, 1), "indptr must go from 0"),
    "ends early": (change("indptr", -1, 5), "indptr must go from 0"),
    "ends far behind": (change("indptr", -1, 2**31 - 1), "indptr must go from 0"),
    "short indptr": (cut("indptr"), "are no matrix of 203 rows"),
    "short indices": (cut("indices"), "are no matrix of 203 rows"),
    "short data": (cut("data"), "are no matrix of 203 rows"),
    "indices of floats": (typed("indices", float), "indices must be integers"),
    "complex": (typed("data", complex), "must hold real numbers"),
    "words": (typed("data", "S3"), "must hold real numbers"),
    "shape too large": (shaped([2**40, 31]), "are no matrix"),
    "shape too narrow": (shaped([203, 5]), "has the column"),
    "shape of one": (shaped([203]), "must have an attribute shape"),
    "shape of floats": (shaped([203.0, 31.0]), "must have an attribute shape"),
    "negative shape": (shaped([-203, 31]), "are no matrix|at least one"),
    "no columns": (shaped([203, 0]), "at least one row and one column"),
    "two axes": (
        lambda p: p.update(data=p["data"][:, None]),
        "data must have one axis",
    ),
}


@pytest.mark.parametrize("store", ["hdf5", "zarr2"])
@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE.keys())
def test_malformed_files_are_refused_before_anything_reads_by_them(
    tmp_path, store, damage, message
):
    A = counts(dtype=np.float64)
    parts = {name: getattr(A, name) for name in ("data", "indices", "indptr")}
    parts |= {"shape": [203, 31], "format": "csr"}
    damage(parts)

    class Damaged:
        format = "csr"
        shape = tuple(parts["shape"])

    for name in ("data", "indices", "indptr"):
        setattr(Damaged, name, parts[name])
    path = tmp_path / "A.h5ad" if store == "hdf5" else tmp_path / "A.zarr"
    if store == "hdf5":
        with h5py.File(path, "w") as file:
            put(file.create_group("X"), Damaged, shape=parts["shape"])
    else:
        root = zarr.create_group(str(path), zarr_format=2)
        root.attrs["encoding-type"] = "anndata"
        put(root.create_group("X"), Damaged, shape=parts["shape"])
    with pytest.raises((OSError, TypeError, ValueError), match=message):
        gram(open(path, memory="20kB"))


def test_groups_that_are_no_matrix(tmp_path):
    with h5py.File(tmp_path / "A.h5ad", "w") as file:
        file.create_group("X").attrs["encoding-type"] = "dataframe"
        group = file.create_group("cut")
        group.attrs.update({"encoding-type": "csr_matrix", "shape": [1, 1]})
        group["data"] = [1.0]
    with pytest.raises(ValueError, match="'X' is a group, neither a dataset nor"):
        open(tmp_path / "A.h5ad")
    with pytest.raises(ValueError, match="'cut' has no dataset 'indices'"):
        open(f"{tmp_path / 'A.h5ad'}::cut")
    with pytest.raises(ValueError, match="has no dataset 'layers/none'"):
        open(f"{tmp_path / 'A.h5ad'}::layers/none")


def test_codecs_of_the_parts_are_checked(tmp_path):
    path = written(tmp_path, "zarr2", {"X": counts()})
    metadata = json.loads((path / "X" / "indices" / ".zarray").read_text())
    metadata["filters"] = [{"id": "pickle"}]
    (path / "X" / "indices" / ".zarray").write_text(json.dumps(metadata))
    with pytest.raises(ValueError, match=r"indices is encoded with 'pickle'"):
        open(path)
