"""Writing and reading of results that are made up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from latentia.benchmarks.files import as_json, read, write


def test_json(results):
    document = json.loads(as_json(results))
    assert document["schema_version"] == 2
    assert document["machine"]["cpu"] == "Example CPU"
    assert document["quality"] == "excess residual"
    ours, peer = document["methods"]
    assert ours["times"] == [0.2, 0.3, 0.25]
    assert ours["median"] == 0.25
    assert ours["measures"]["excess residual"] == {
        "value": 2e-3,
        "unit": "",
        "bar": {"relation": "≤", "limit": 1e-4},
        "met": False,
    }
    assert peer["measures"]["× scikit-learn"]["met"] is None
    assert "working memory" not in peer["measures"]
    assert document["limits"]["fused pass, of the peak"]["value"] == 80


def test_what_is_written_is_read(results, tmp_path):
    assert read(write(results, tmp_path)[0]) == results


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not hold results"),
        ("[]", "does not hold results"),
        ("{}", "does not hold results"),
        ('{"schema_version": 2}', "does not hold results"),
        ('{"schema_version": 1}', "has schema version 1; 2 can be read"),
    ],
)
def test_other_files(tmp_path, text, says):
    path = tmp_path / "svd-full.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"svd-full\.json {says}"):
        read(path)


def test_files_of_before_there_was_another_baseline(results, tmp_path):
    path = write(results, tmp_path)[0]
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document.pop("baseline") == "scikit-learn"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read(path) == results


def test_another_baseline_is_kept(results, tmp_path):
    other = replace(results, baseline="PyTorch example")
    assert read(write(other, tmp_path)[0]) == other


def test_pictures_are_written_beside_the_tables(results, tmp_path):
    written = write(replace(results, pictures={"gan": b"PNG"}), tmp_path)
    assert [path.name for path in written] == [
        "svd-full.json",
        "svd-full.md",
        "svd-full-gan.png",
    ]
    assert written[2].read_bytes() == b"PNG"
    assert read(written[0]) == results


def test_write_replaces_older_results(results, tmp_path):
    folder = tmp_path / "new" / "folder"
    write(results, folder)
    written = write(replace(results, notes=()), folder)
    assert written == (folder / "svd-full.json", folder / "svd-full.md")
    assert sorted(folder.iterdir()) == sorted(written)
    assert read(written[0]).notes == ()


def test_a_failed_write_leaves_the_old_file_and_no_other(
    results, tmp_path, monkeypatch
):
    written = write(results, tmp_path)
    before = written[0].read_text(encoding="utf-8")

    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write(replace(results, notes=()), tmp_path)
    assert written[0].read_text(encoding="utf-8") == before
    assert sorted(tmp_path.iterdir()) == sorted(written)


def test_a_folder_that_is_a_file(results, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(FileExistsError):
        write(results, file)
