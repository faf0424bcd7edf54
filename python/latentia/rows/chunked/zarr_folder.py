"""Matrices in Zarr folders: arrays, and sparse matrices as AnnData stores them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentia.rows.chunked.optional_package import package
from latentia.rows.chunked.sparse_group import Members, sparse_kind
from latentia.rows.chunked.zarr_codecs import check_array, zarr_metadata


@dataclass(frozen=True)
class ZarrOpener:
    """Opens the array or sparse matrix in a folder."""

    folder: Path

    def __call__(self) -> AbstractContextManager[Any]:
        """Return the array, or the members of the sparse matrix."""
        metadata = _metadata(self.folder)
        if metadata.get("node_type") != "group":
            return nullcontext(_open(self.folder))
        attributes = metadata.get("attributes") or {}
        if sparse_kind(attributes) is not None:
            parts = {p: _open(self.folder / p) for p in ("data", "indices", "indptr")}
            return nullcontext(Members(**parts, attributes=attributes))
        inside = sorted(
            path.name
            for path in self.folder.iterdir()
            if path.is_dir() and zarr_metadata(path) is not None
        )
        raise ValueError(
            f"{self.folder}: is a group, give the folder of one of its arrays "
            f"({', '.join(inside) or 'none'})"
        )


def zarr_opener(folder: Path, name: str | None) -> ZarrOpener:
    """Return an opener of a matrix of a Zarr folder.

    By default it is the array itself, or X of a group that AnnData wrote.
    """
    package("zarr")
    if name is not None:
        return ZarrOpener(folder / name)
    attributes = _metadata(folder).get("attributes")
    if isinstance(attributes, dict) and attributes.get("encoding-type") == "anndata":
        folder = folder / "X"
    return ZarrOpener(folder)


def check_zarr(array: Any, name: str) -> None:
    """Raise ValueError if an open array names codecs that are not allowed."""
    check_array(array.metadata.to_dict(), name)


def _metadata(folder: Path) -> dict[str, Any]:
    found = zarr_metadata(folder)
    if found is None:
        raise ValueError(f"{folder}: holds no Zarr array")
    return found


def _open(folder: Path) -> Any:
    """Check the metadata of an array, and open it."""
    metadata = _metadata(folder)
    if metadata.get("node_type") == "group":
        raise ValueError(f"{folder}: is a group, not an array")
    check_array(metadata, str(folder))
    zarr = package("zarr")
    return zarr.open_array(folder, mode="r", zarr_format=metadata.get("zarr_format", 3))
