"""Which codecs a Zarr array may name: those that only turn bytes into numbers.

The metadata of an array name the codecs of its chunks. One of these could be "pickle",
which runs code of the author of the file, and packages can register more. So the
metadata are read here as JSON before Zarr reads them. Compressors and the usual filters
are allowed; other codecs, and types that are not numbers, are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_COMPRESSORS = {"blosc", "bz2", "gzip", "lz4", "lzma", "zlib", "zstd"}
_FILTERS = {"adler32", "astype", "bitround", "crc32", "crc32c", "delta"}
_FILTERS |= {"fixedscaleoffset", "fletcher32", "packbits", "quantize", "shuffle"}
_FILTERS |= {"pcodec", "zfpy"}
NUMCODECS = _COMPRESSORS | _FILTERS
"""Names of numcodecs: as they are in Zarr 2, after "numcodecs." in Zarr 3."""
ZARR3 = {"blosc", "bytes", "crc32c", "gzip", "sharding_indexed", "transpose", "zstd"}
"""Codecs of Zarr 3 itself."""
_TYPE_OPTIONS = ("dtype", "astype", "encode_dtype", "decode_dtype")
_MOST_BYTES = 1 << 24


def zarr_metadata(folder: Path) -> dict[str, Any] | None:
    """Return the metadata of the Zarr array or group in a folder, or None.

    Those of a group of Zarr 2 are converted to the form of Zarr 3.

    Raises
    ------
    ValueError
        If they are not a JSON object.
    """
    for name in ("zarr.json", ".zarray", ".zgroup"):
        if (folder / name).is_file():
            found = _read(folder / name)
            if name == ".zgroup":
                attributes = folder / ".zattrs"
                found["node_type"] = "group"
                found["attributes"] = _read(attributes) if attributes.is_file() else {}
            return found
    return None


def check_array(metadata: Mapping[str, Any], name: str) -> None:
    """Raise if an array names a codec that is not allowed.

    Parameters
    ----------
    metadata : mapping
        As ``zarr.json`` (Zarr 3) or ``.zarray`` (Zarr 2) has them.
    name : str
        How error messages name the array.

    Raises
    ------
    ValueError
        If it does, if its type is not one of real numbers, or if it has storage
        transformers.
    """
    if metadata.get("storage_transformers"):
        raise ValueError(f"{name} has storage transformers, which are not allowed")
    if metadata.get("zarr_format") == 2:
        _check_type(metadata.get("dtype"), name)
        codecs = [metadata.get("compressor"), *(metadata.get("filters") or ())]
        for codec in codecs:
            if codec is not None:
                _check_codec(codec, "id", NUMCODECS, name)
        return
    _check_type(metadata.get("data_type"), name)
    _check_chain(metadata.get("codecs"), name)


def _check_chain(codecs: Any, name: str) -> None:
    if not isinstance(codecs, list | tuple):
        raise ValueError(f"{name} has no list of codecs")
    known = ZARR3 | {f"numcodecs.{codec}" for codec in NUMCODECS}
    for codec in codecs:
        described: Any = {"name": codec} if isinstance(codec, str) else codec
        _check_codec(described, "name", known, name)
        options = described.get("configuration") or {}
        if described["name"] == "sharding_indexed":
            _check_chain(options.get("codecs"), name)
            _check_chain(options.get("index_codecs"), name)


def _check_codec(codec: Any, key: str, known: set[str], name: str) -> None:
    called = codec.get(key) if isinstance(codec, Mapping) else None
    if not isinstance(called, str) or called not in known:
        raise ValueError(
            f"{name} is encoded with {called!r}, which is not an allowed codec: "
            f"{', '.join(sorted(known))}"
        )
    for options in (codec, codec.get("configuration") or {}):
        for option in _TYPE_OPTIONS:
            if isinstance(options, Mapping) and option in options:
                _check_type(options[option], f"{name}: codec {called!r}")


def _check_type(dtype: Any, name: str) -> None:
    try:
        kind = np.dtype(dtype).kind if isinstance(dtype, str) else ""
    except TypeError:
        kind = ""
    if kind not in tuple("biuf"):
        raise ValueError(f"{name} must hold real numbers, but its type is {dtype!r}")


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(
            f"{path}: metadata must be at most {_MOST_BYTES} bytes, got "
            f"{path.stat().st_size}"
        )
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: no readable metadata: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: no readable metadata, but {type(found).__name__}")
    return found
