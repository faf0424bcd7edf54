"""Zarr arrays are decoded with known codecs alone, as their metadata are read first."""

import json
import pickle

import numpy as np
import pytest

from latentia import PCA
from latentia.rows import as_rows, gram, open

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")

A = np.arange(40.0).reshape(8, 5)
LZ4 = {"id": "lz4", "acceleration": 1}
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


def zarr2(folder, **changes):
    """Write the metadata of an array by hand, and a chunk without compression."""
    metadata = {
        "zarr_format": 2,
        "shape": [8, 5],
        "chunks": [8, 5],
        "dtype": "<f8",
        "compressor": None,
        "fill_value": 0,
        "order": "C",
        "filters": None,
    }
    folder.mkdir()
    (folder / ".zarray").write_text(json.dumps(metadata | changes))
    (folder / "0.0").write_bytes(A.tobytes())
    return folder


def zarr3(folder, **changes):
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [8, 5],
        "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 5]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [BYTES],
        "attributes": {},
    }
    (folder / "c" / "0").mkdir(parents=True)
    (folder / "zarr.json").write_text(json.dumps(metadata | changes))
    (folder / "c" / "0" / "0").write_bytes(A.tobytes())
    return folder


@pytest.mark.parametrize("write", [zarr2, zarr3])
def test_metadata_written_by_hand_are_read(tmp_path, write):
    rows = open(write(tmp_path / "A.zarr"))
    np.testing.assert_array_equal(rows.take(np.arange(8)), A)


class Trap:
    """What a pickle would do when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return self.path.touch, ()


SHARDS = {"chunk_shape": [8, 5], "index_codecs": [BYTES]}
REFUSED = {
    "pickle": (zarr2, {"filters": [{"id": "pickle", "protocol": 5}]}, "'pickle'"),
    "pickle, last": (zarr2, {"filters": [LZ4, {"id": "pickle"}]}, "'pickle'"),
    "pickle as compressor": (zarr2, {"compressor": {"id": "pickle"}}, "'pickle'"),
    "json": (zarr2, {"filters": [{"id": "json2"}]}, "'json2'"),
    "words": (zarr2, {"filters": [{"id": "vlen-utf8"}]}, "'vlen-utf8'"),
    "unknown": (zarr2, {"compressor": {"id": "mine"}}, "'mine'"),
    "no name": (zarr2, {"compressor": {"level": 1}}, "None"),
    "no codec": (zarr2, {"compressor": "zlib"}, "None"),
    "objects": (zarr2, {"dtype": "|O"}, "must hold real numbers.*O"),
    "fields": (zarr2, {"dtype": [["a", "<f8"]]}, "must hold real numbers"),
    "dates": (zarr2, {"dtype": "<M8[s]"}, "must hold real numbers"),
    "complex": (zarr2, {"dtype": "<c16"}, "must hold real numbers"),
    "objects in a filter": (
        zarr2,
        {"filters": [{"id": "astype", "encode_dtype": "|O", "decode_dtype": "<f8"}]},
        "codec 'astype' must hold real numbers",
    ),
    "pickle, 3": (zarr3, {"codecs": [{"name": "numcodecs.pickle"}, BYTES]}, "pickle"),
    "short, 3": (zarr3, {"codecs": ["vlen-bytes"]}, "'vlen-bytes'"),
    "unknown, 3": (zarr3, {"codecs": [BYTES, {"name": "mine"}]}, "'mine'"),
    "in shards": (
        zarr3,
        {
            "codecs": [
                {
                    "name": "sharding_indexed",
                    "configuration": SHARDS
                    | {"codecs": [{"name": "numcodecs.pickle"}]},
                }
            ]
        },
        "numcodecs.pickle",
    ),
    "type, 3": (zarr3, {"data_type": "string"}, "must hold real numbers"),
    "type with options, 3": (zarr3, {"data_type": {"name": "float64"}}, "real numbers"),
    "no codecs, 3": (zarr3, {"codecs": None}, "has no list of codecs"),
    "transformers": (zarr3, {"storage_transformers": [{"name": "a"}]}, "transformers"),
}


@pytest.mark.parametrize(
    ("write", "changes", "message"), REFUSED.values(), ids=REFUSED.keys()
)
def test_other_codecs_and_types_are_refused(tmp_path, write, changes, message):
    folder = write(tmp_path / "A.zarr", **changes)
    trap = pickle.dumps(Trap(tmp_path / "ran"))
    for chunk in ("0.0", "c/0/0"):
        if (folder / chunk).exists():
            (folder / chunk).write_bytes(trap)
    with pytest.raises(ValueError, match=message):
        gram(open(folder))
    assert not (tmp_path / "ran").exists()


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Zarr, about codecs to come
@pytest.mark.parametrize("format_", [2, 3])
def test_an_array_that_is_open_is_asked_too(tmp_path, format_):
    array = zarr.create_array(tmp_path / "A.zarr", data=A, zarr_format=format_)
    assert as_rows(array).shape == open(array).shape == A.shape
    path = zarr2(tmp_path / "B.zarr", filters=[{"id": "json2"}])
    try:
        other = zarr.open_array(path, mode="r")
    except Exception:  # some versions refuse it by themselves
        return
    for function in (open, as_rows, PCA(2).fit):
        with pytest.raises(ValueError, match="'json2'"):
            function(other)


COMPRESSORS = [numcodecs.Blosc(), numcodecs.Zlib(), numcodecs.GZip(), numcodecs.LZ4()]
COMPRESSORS += [numcodecs.BZ2(), numcodecs.LZMA(), numcodecs.Zstd()]
FILTERS = [
    numcodecs.Delta("<f8"),
    numcodecs.Shuffle(8),
    numcodecs.FixedScaleOffset(0, 1, "<f8", "<i4"),
    numcodecs.Quantize(3, "<f8"),
    numcodecs.AsType("<f4", "<f8"),
]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_usual_codecs_of_zarr_2(tmp_path):
    pairs = [(c, ()) for c in COMPRESSORS] + [(None, [f]) for f in FILTERS]
    for number, (compressor, filters) in enumerate(pairs):
        path = tmp_path / f"{number}.zarr"
        zarr.create_array(
            path, data=A, zarr_format=2, compressors=compressor, filters=filters or None
        )
        rows = open(path)
        np.testing.assert_allclose(rows.take(np.arange(8)), A, atol=1e-3)


@pytest.mark.parametrize(
    "options",
    [{}, {"compressors": None}, {"shards": (8, 5), "chunks": (4, 5)}],
    ids=["default", "none", "shards"],
)
def test_the_usual_codecs_of_zarr_3(tmp_path, options):
    options = {"shape": A.shape, "dtype": A.dtype, "zarr_format": 3} | options
    array = zarr.create_array(tmp_path / "A.zarr", **options)
    array[:] = A
    np.testing.assert_array_equal(open(tmp_path / "A.zarr").take(np.arange(8)), A)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "null"])
@pytest.mark.parametrize("name", ["zarr.json", ".zarray"])
def test_metadata_that_are_none(tmp_path, text, name):
    (tmp_path / "A.zarr").mkdir()
    (tmp_path / "A.zarr" / name).write_text(text)
    with pytest.raises(ValueError, match=rf"{name}: no readable metadata"):
        open(tmp_path / "A.zarr")


def test_the_format_that_was_checked_is_the_one_that_is_read(tmp_path):
    """A folder can have metadata of both."""
    folder = zarr3(tmp_path / "A.zarr")
    (folder / ".zarray").write_text(json.dumps({"zarr_format": 2, "dtype": "|O"}))
    np.testing.assert_array_equal(open(folder).take(np.arange(8)), A)
    folder = zarr2(tmp_path / "B.zarr")
    (folder / "zarr.json").write_text(json.dumps({"zarr_format": 3, "codecs": ["x"]}))
    with pytest.raises(ValueError, match=r"B\.zarr"):
        open(folder)
