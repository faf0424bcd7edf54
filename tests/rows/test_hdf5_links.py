"""An HDF5 file stays within itself: whatever leads to another file is refused."""

import numpy as np
import pytest

from latentia import PCA
from latentia.rows import as_rows, open

h5py = pytest.importorskip("h5py")

A = np.arange(40.0).reshape(8, 5)


@pytest.fixture
def secret(tmp_path):
    """Another file of this machine, as HDF5 and as bytes."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["A"] = A
        group = file.create_group("sparse")
        group.attrs.update({"encoding-type": "csr_matrix", "shape": [1, 2]})
        group["data"], group["indices"], group["indptr"] = [1.0], [0], [0, 1]
    (tmp_path / "secret.bin").write_bytes(A.tobytes())
    return tmp_path


def external_storage(file, name="A"):
    where = [("secret.bin", 0, A.nbytes)]
    return file.create_dataset(name, A.shape, "f8", external=where)


def external_link(file, name="A"):
    file[name] = h5py.ExternalLink("secret.h5", "/A")


def virtual(file, name="A"):
    layout = h5py.VirtualLayout(shape=A.shape, dtype="f8")
    layout[:] = h5py.VirtualSource("secret.h5", "A", shape=A.shape)
    file.create_virtual_dataset(name, layout)


def virtual_of_its_own(file, name="A"):
    file["inner"] = A
    layout = h5py.VirtualLayout(shape=A.shape, dtype="f8")
    layout[:] = h5py.VirtualSource(".", "inner", shape=A.shape)
    file.create_virtual_dataset(name, layout)


def soft_link_to_a_link(file, name="A"):
    external_link(file, "hidden")
    file[name] = h5py.SoftLink("/hidden")


def soft_links_to_storage(file, name="A"):
    external_storage(file, "hidden")
    file["between"] = h5py.SoftLink("hidden")
    file[name] = h5py.SoftLink("between")


def group_elsewhere(file, name="A"):
    file["group"] = h5py.ExternalLink("secret.h5", "/")
    file[name] = h5py.SoftLink("group/A")


WAYS = [external_storage, external_link, virtual, virtual_of_its_own]
WAYS += [soft_link_to_a_link, soft_links_to_storage, group_elsewhere]


@pytest.mark.parametrize("way", WAYS)
def test_other_files_are_not_read(secret, monkeypatch, way):
    monkeypatch.chdir(secret)
    with h5py.File("stranger.h5", "w") as file:
        way(file)
        file["mine"] = A
    with pytest.raises(ValueError, match=r"stranger\.h5.*allow_external=True"):
        open("stranger.h5::A")
    allowed = open("stranger.h5::A", allow_external=True)
    np.testing.assert_array_equal(allowed.take(np.arange(8)), A)
    assert open("stranger.h5::mine").shape == A.shape


def test_a_group_on_the_path(secret, monkeypatch):
    monkeypatch.chdir(secret)
    with h5py.File("stranger.h5", "w") as file:
        file["group"] = h5py.ExternalLink("secret.h5", "/")
    for name in ("group/A", "/group/./A", "group/sparse"):
        with pytest.raises(ValueError, match=r"behind a link to another file, 'secret"):
            open(f"stranger.h5::{name}")


@pytest.mark.parametrize("part", ["data", "indices", "indptr", "group"])
def test_parts_of_a_sparse_matrix(secret, monkeypatch, part):
    monkeypatch.chdir(secret)
    with h5py.File("stranger.h5ad", "w") as file:
        if part == "group":
            file["X"] = h5py.ExternalLink("secret.h5", "/sparse")
        else:
            group = file.create_group("X")
            group.attrs.update({"encoding-type": "csr_matrix", "shape": [1, 2]})
            group["data"], group["indices"], group["indptr"] = [1.0], [0], [0, 1]
            del group[part]
            group[part] = h5py.ExternalLink("secret.h5", f"/sparse/{part}")
    with pytest.raises(ValueError, match=r"allow_external=True"):
        open("stranger.h5ad")
    rows = open("stranger.h5ad", allow_external=True)
    assert rows.shape == (1, 2)


@pytest.mark.parametrize("way", [external_storage, virtual])
def test_a_dataset_that_is_open_is_asked_too(secret, monkeypatch, way):
    monkeypatch.chdir(secret)
    with h5py.File("stranger.h5", "w") as file:
        way(file)
    with h5py.File("stranger.h5") as file:
        for function in (open, as_rows, PCA(2).fit):
            with pytest.raises(ValueError, match="reads other files"):
                function(file["A"])
        assert open(file["A"], allow_external=True).shape == A.shape


def test_links_within_the_file_are_followed(tmp_path):
    path = tmp_path / "A.h5"
    with h5py.File(path, "w") as file:
        file["deep/er/A"] = A
        file["deep/relative"] = h5py.SoftLink("er/A")
        file["absolute"] = h5py.SoftLink("/deep/relative")
        file["hard"] = file["deep/er"]
        file["loop"] = h5py.SoftLink("/loop")
        file["dangling"] = h5py.SoftLink("/nothing")
    for name in ("deep/relative", "absolute", "/hard/A", "deep/er/./A"):
        np.testing.assert_array_equal(
            open(f"{path}::{name}").take(np.array([7])), A[7:]
        )
    with pytest.raises(ValueError, match="'loop' links to itself"):
        open(f"{path}::loop")
    for name in ("dangling", "nothing", "absolute/A"):
        with pytest.raises(ValueError, match="has no dataset"):
            open(f"{path}::{name}")


def test_the_only_matrix_is_one_of_the_file(secret, monkeypatch):
    """Links are not counted: what they lead to would be read to do so."""
    monkeypatch.chdir(secret)
    with h5py.File("stranger.h5", "w") as file:
        external_link(file)
    with pytest.raises(ValueError, match="holds 0 matrices"):
        open("stranger.h5")
