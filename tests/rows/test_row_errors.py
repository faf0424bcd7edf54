"""Drivers do not know where the rows live: only `rows` does."""

import re
from pathlib import Path

import pytest

import latentia

PACKAGE = Path(latentia.__file__).parent
ELSEWHERE = re.compile(r"\b(dask|h5py|zarr|memmap|ChunkedRows|DaskRows)\b")
DRIVERS = ("decomposition", "mixture")


@pytest.mark.parametrize("package", ["dask", "distributed", "h5py", "zarr"])
def test_packages_for_rows_are_imported_by_rows_alone(package):
    imports = re.compile(rf"^\s*(import|from) {package}\b", re.MULTILINE)
    importing = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if "benchmarks" not in path.parts and imports.search(path.read_text())
    }
    assert importing <= {"rows"}


def test_drivers_name_no_home_of_rows():
    for driver in DRIVERS:
        for path in (PACKAGE / driver).rglob("*.py"):
            assert not ELSEWHERE.search(path.read_text()), path
