"""Drivers do not know where rows are stored: only `rows` does."""

import re
from pathlib import Path

import latentia

PACKAGE = Path(latentia.__file__).parent
STORED = re.compile(r"\b(dask|h5py|zarr|memmap|Chunked\w+|Dask\w+)\b")
DRIVERS = ("decomposition", "mixture")


def test_drivers_name_no_place_of_rows():
    for driver in DRIVERS:
        for path in (PACKAGE / driver).rglob("*.py"):
            assert not STORED.search(path.read_text()), path
