"""The compression suite at its small size."""

import pytest

pytest.importorskip("PIL")

from latentia import benchmarks
from latentia.benchmarks.compression import CASES, JPEG, PNG
from latentia.benchmarks.files import read, write
from latentia.benchmarks.results import LATENTIA


@pytest.fixture(scope="module")
def results():
    return benchmarks.SUITES["compression"]("small", progress=lambda text: None)


def test_three_files_of_the_same_images(results):
    assert [found.method for found in results.methods] == [LATENTIA, JPEG, PNG]
    for found in results.methods:
        raw = found.measures["bytes"].value * found.measures["× smaller than raw"].value
        assert raw == pytest.approx(200 * 64)


def test_all_meet_the_error(results):
    (error,) = CASES["small"][0].errors
    errors = {f.method: f.measures["relative error"].value for f in results.methods}
    assert 0 < errors[LATENTIA] <= error
    assert 0 < errors[JPEG] <= error
    assert errors[PNG] == 0


def test_they_can_be_written(tmp_path, results):
    first, *_ = write(results, tmp_path)
    assert read(first) == results
