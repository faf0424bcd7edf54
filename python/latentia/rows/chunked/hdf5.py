"""Matrices in HDF5 files: datasets, and sparse matrices as AnnData stores them.

An HDF5 file can name other files: by an external link, by external storage of a
dataset, or by a virtual dataset. Its author would then choose which files of this
machine are read, so these are refused unless the caller allows them. Links are followed
here one by one, because HDF5 follows them without a question.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentia.rows.chunked.optional_package import package
from latentia.rows.chunked.sparse_group import Attributes, Members, sparse_kind

ALLOW = "rows.open(…, allow_external=True) reads it"
_MOST_LINKS = 64
_MOST_ATTRIBUTE = 1 << 12
"""Bytes: larger attributes are not read; those of a matrix are smaller."""


@dataclass(frozen=True)
class Hdf5Opener:
    """Opens a dataset or sparse matrix of a file.

    Attributes
    ----------
    path : Path
    name : str
        Its path within the file.
    allow_external : bool
        Whether other files may be read.
    """

    path: Path
    name: str
    allow_external: bool

    @contextmanager
    def __call__(self) -> Generator[Any]:
        """Yield the dataset, or the members of the sparse matrix."""
        h5py = package("h5py")
        with h5py.File(self.path) as file:
            found = find(file, self.name, allow_external=self.allow_external)
            if found is None:
                raise ValueError(f"{self.path}: has no dataset {self.name!r}")
            if isinstance(found, h5py.Dataset):
                yield found
            elif sparse_kind(attributes(found)) is not None:
                yield self._members(found)
            else:
                raise ValueError(
                    f"{self.path}: {self.name!r} is a group, neither a dataset nor a "
                    "sparse matrix"
                )

    def _members(self, group: Any) -> Members:
        parts = {}
        for part in ("data", "indices", "indptr"):
            member = find(group, part, allow_external=self.allow_external)
            if not isinstance(member, package("h5py").Dataset):
                raise ValueError(f"{self.path}: {self.name!r} has no dataset {part!r}")
            parts[part] = member
        return Members(**parts, attributes=attributes(group))


def hdf5_opener(path: Path, name: str | None, *, allow_external: bool) -> Hdf5Opener:
    """Return an opener of a matrix of a file.

    By default it is X of an .h5ad file, and the only matrix of another file.

    Raises
    ------
    ValueError
        If the file holds no matrix or several.
    """
    if name is None and path.suffix.lower() == ".h5ad":
        name = "X"
    if name is None:
        with package("h5py").File(path) as file:
            name = _only_matrix(file)
    return Hdf5Opener(path, name, allow_external)


def find(group: Any, name: str, *, allow_external: bool) -> Any:
    """Return the object at a path within a file; None if there is none.

    Raises
    ------
    ValueError
        If it is in another file, and that is not allowed.
    """
    h5py = package("h5py")
    if allow_external:
        return group.get(name)
    found, names = group, _split(name)
    if name.startswith("/"):
        found = group.file
    n_links = 0
    while names:
        first = names.pop(0)
        if not isinstance(found, h5py.Group):
            return None
        link = found.get(first, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise ValueError(
                f"{group.file.filename}: {name!r} is behind a link to another file, "
                f"{link.filename!r}; {ALLOW}"
            )
        if isinstance(link, h5py.SoftLink):
            n_links += 1
            if n_links > _MOST_LINKS:
                raise ValueError(f"{group.file.filename}: {name!r} links to itself")
            names = _split(link.path) + names
            found = found.file if link.path.startswith("/") else found
        elif isinstance(link, h5py.HardLink):
            found = found[first]
        else:
            return None
    if isinstance(found, h5py.Dataset):
        check_inside(found)
    return found


def check_inside(dataset: Any) -> None:
    """Raise if a dataset reads other files.

    Raises
    ------
    ValueError
        The message names the dataset.
    """
    what = "external storage" if dataset.external else ""
    if dataset.is_virtual:
        what = "a virtual dataset"
    if what:
        raise ValueError(
            f"{dataset.file.filename}: {dataset.name!r} is {what}, which reads other "
            f"files; {ALLOW}"
        )


def attributes(group: Any) -> Attributes:
    """Return the small attributes of a group; large ones do not describe a matrix."""
    found: Attributes = {}
    for name in group.attrs:
        held = group.attrs.get_id(name)
        if held.get_storage_size() <= _MOST_ATTRIBUTE and held.dtype.kind in "iufbOSU":
            found[name] = group.attrs[name]
    return found


def _split(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _only_matrix(file: Any) -> str:
    """Return the name of the one dataset with two axes, or sparse matrix.

    Links are not followed.
    """
    h5py = package("h5py")
    names: list[str] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            if len(item.shape or ()) == 2:
                names.append(name)
        elif sparse_kind(attributes(item)) is not None:
            names.append(name)

    file.visititems(note)
    if len(names) != 1:
        raise ValueError(
            f"{file.filename}: holds {len(names)} matrices ({', '.join(names)}), give "
            f'one as "{Path(file.filename).name}::NAME"'
        )
    return names[0]
