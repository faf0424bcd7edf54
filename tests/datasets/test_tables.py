"""Tables of text: headers, indices, odd but fine files, errors by row and column."""

import gzip
import warnings

import numpy as np
import pandas as pd
import pytest

from latentia.datasets import load_matrix
from latentia.reading.tables import TableOptions, first_rows, open_table
from latentia.reading.tables import text as text_file

FINE = {
    "plain": "1,2\n3,4\n",
    "header": "a,b\n1,2\n3,4\n",
    "numbered header": "x1,x2\n1,2\n3,4\n",
    "no last newline": "1,2\n3,4",
    "windows": "1,2\r\n3,4\r\n",
    "byte order mark": "\ufeff1,2\n3,4\n",
    "byte order mark, header": "\ufeffa,b\n1,2\n3,4\n",
    "blank lines": "\n1,2\n\n  \n3,4\n\n",
    "blank lines, header": "\n \n\na,b\n1,2\n3,4\n",
    "quoted": '"a","b, c"\n"1",2\n3,"4"\n',
    "header of two lines": '"a\nx",b\n1,2\n3,4\n',
    "spaces": " 1 , 2\n 3.0,4e0\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_fine_tables(tmp_path, text):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    table = load_matrix(tmp_path / "a.csv")
    assert table.dtype == np.float64
    assert table.flags.writeable
    np.testing.assert_array_equal(table, [[1, 2], [3, 4]])


def test_tabs_and_compression(tmp_path):
    (tmp_path / "a.TSV").write_text("a b\tc\n1\t2\n3\t4\n")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"\na,b\n1,2\n3,4\n"))
    for name in ("a.TSV", "a.csv.gz"):
        np.testing.assert_array_equal(load_matrix(tmp_path / name), [[1, 2], [3, 4]])


@pytest.mark.parametrize("shape", [(31, 7), (9, 700), (5000, 3)], ids=str)
def test_numbers_come_back_exactly(tmp_path, monkeypatch, shape):
    """Also rows, and tables, that are longer than what is read at once."""
    monkeypatch.setattr(text_file, "_BLOCK_BYTES", 4096)
    monkeypatch.setattr(first_rows, "_HEAD_BYTES", 4096)
    expected = np.random.default_rng(0).standard_normal(shape) * 1e30
    lines = "\n".join(",".join(map(repr, row)) for row in expected.tolist())
    (tmp_path / "a.csv").write_text(lines)
    np.testing.assert_array_equal(load_matrix(tmp_path / "a.csv"), expected)


def test_one_column_and_one_row(tmp_path):
    (tmp_path / "a.csv").write_text("1\n2\n3\n")
    assert load_matrix(tmp_path / "a.csv").shape == (3, 1)
    (tmp_path / "a.csv").write_text("1,2,nan")
    assert load_matrix(tmp_path / "a.csv").shape == (1, 3)


@pytest.mark.parametrize(
    "cell", ["", " ", "NA", " NA", "nan", "NaN", "null", "N/A", "None", '""', '"NA"']
)
def test_missing_values_are_nan(tmp_path, cell):
    (tmp_path / "a.csv").write_text(f"a,b\n1,2\n3,{cell}\n")
    np.testing.assert_array_equal(
        load_matrix(tmp_path / "a.csv"), [[1, 2], [3, np.nan]]
    )
    assert open_table(tmp_path / "a.csv").first_missing == (1, "b")


# What pandas writes of its own accord.
FRAMES = {
    "all defaults": ({}, {"columns": 3}),
    "no index": ({"index": False}, {"columns": 3}),
    "named columns": ({}, {"columns": list("abc")}),
    "named columns, no index": ({"index": False}, {"columns": list("abc")}),
    "index of words": ({}, {"columns": list("abc"), "index": "word"}),
    "columns 0, 1, 2, index of words": ({}, {"columns": 3, "index": "word"}),
}


@pytest.mark.parametrize(("options", "frame"), FRAMES.values(), ids=FRAMES)
def test_a_frame_comes_back_as_it_was(tmp_path, options, frame):
    A = np.random.default_rng(0).standard_normal((200, 3))
    index = None
    if "index" in frame:
        index = [f"{frame['index']}{i}" for i in range(200)]
    names = None if frame["columns"] == 3 else frame["columns"]
    pd.DataFrame(A, columns=names, index=index).to_csv(tmp_path / "a.csv", **options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.testing.assert_array_equal(load_matrix(tmp_path / "a.csv"), A)
    said = " ".join(str(warning.message) for warning in caught)
    assert ("index and left out" in said) == ("index" not in options)
    assert all(warning.filename == __file__ for warning in caught)


def test_a_header_that_counts_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("0,1,2\n.5,1.,2\n3.5,2.5,1\n")
    with pytest.warns(UserWarning, match=r"first line, 0, 1, 2, is treated as col"):
        assert load_matrix(tmp_path / "a.csv").shape == (2, 3)
    assert load_matrix(tmp_path / "a.csv", header=False).shape == (3, 3)
    assert load_matrix(tmp_path / "a.csv", header=True).shape == (2, 3)


UNDECIDED = {
    "counts, whole numbers": "0,1,2\n3,4,5\n6,7,9\n",
    "counts, alone": "0,1,2\n",
    "counts, one row": "0,1\n0.5,1.5\n",
    "years": "2019,2020\n1.5,2.5\n0.5,3.5\n",
    "words and years": "name,2019,2020\n1,3,4\n2,5,6\n",
    "a typing error": "1,b\n1,2\n",
    "blank and years": ",2019,2020\n1,3,4\n",
    "nothing": ",,\n1,2,3\n",
    "missing values": "nan,NA\n1,2\n",
}


@pytest.mark.parametrize("text", UNDECIDED.values(), ids=UNDECIDED)
def test_where_the_first_line_could_be_both_nothing_is_guessed(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"a\.csv.*names or data: say header=True"):
        load_matrix(path)
    n_rows = text.count("\n")
    if n_rows > 1:
        names = open_table(path, TableOptions(header=True, index_column=False))
        assert names.shape[0] == n_rows - 1
    if text[0] not in "n1":  # it has words, which are no data
        data = open_table(path, TableOptions(header=False, index_column=False))
        assert data.shape[0] == n_rows


def test_numbers_that_are_no_header_stay_data(tmp_path):
    for text in (
        "1,2\n3,4\n",
        "1.5,2\n3,4\n",
        "2019,1\n1.5,2\n2.5,3\n",
        "7,8\n.5,.5\n",
    ):
        (tmp_path / "a.csv").write_text(text)
        assert len(load_matrix(tmp_path / "a.csv")) == text.count("\n")


def test_a_column_that_counts_the_rows_is_an_index(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x\n0,2\n1,7\n2,5\n")
    with pytest.warns(UserWarning, match=r"'id' counts the rows, 0 … 2, .* left out"):
        np.testing.assert_array_equal(load_matrix(path), [[2], [7], [5]])
    assert load_matrix(path, index_column=False).shape == (3, 2)
    assert load_matrix(path, columns=["id", "x"]).shape == (3, 2)
    for rows in ("id,x 0,2 1,7 3,5", "id,x 0.0,2 1.0,7 2.0,5", "id 0 1 2"):
        text = rows.replace(" ", "\n") + "\n"
        path.write_text(text)
        assert load_matrix(path).shape == (3, text.split()[0].count(",") + 1)


def test_columns_are_chosen_by_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("city,a,b,c:d,b\nOslo,1,2,3,4\nBonn,5,6,7,8\n")
    for columns, expected in {
        ("a",): [[1], [5]],
        ("c:d", "a"): [[3, 1], [7, 5]],  # a name may look like a range
    }.items():
        found = load_matrix(path, columns=list(columns))
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="2 columns have the name 'b'"):
        load_matrix(path, columns=["b"])
    found = load_matrix(path, index_column="city")
    np.testing.assert_array_equal(found, [[1, 2, 3, 4], [5, 6, 7, 8]])
    path.write_text("city,a,b,c\nOslo,1,2,3\n")
    for text, expected in {"a:b": [1, 2], "a:": [1, 2, 3], "b:c": [2, 3]}.items():
        np.testing.assert_array_equal(load_matrix(path, columns=[text]), [expected])
        np.testing.assert_array_equal(load_matrix(path, columns=text), [expected])


OPTIONS = [
    ({"columns": ["q"]}, r"no column 'q'; the columns are city, a, b"),
    ({"columns": ["City"]}, "no column 'City'; did you mean 'city'"),
    ({"columns": ["a", "a:b"]}, "columns selects a more than once"),
    ({"columns": ["b:a"]}, "'a' comes before 'b'"),
    ({"index_column": "q"}, "there is no column 'q'"),
    (
        {"index_column": "a", "columns": ["a"]},
        "'a' is in both columns and index",
    ),
    ({"delimiter": ";;"}, "one ASCII character"),
    ({"columns": []}, "must be a name or a list of names"),
    ({"columns": [1]}, "must be names"),
    ({"index_column": 3}, "the name of a column or False"),
    ({"header": "yes"}, "must be True, False or None"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS)
def test_options_that_do_not_fit(tmp_path, options, message):
    (tmp_path / "a.csv").write_text("city,a,b\nOslo,1,2\n")
    with pytest.raises((TypeError, ValueError), match=message):
        load_matrix(tmp_path / "a.csv", **options)


def test_options_are_for_tables_alone(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"columns must only be given with a table"):
        load_matrix(tmp_path / "a.npy", columns=["a"])


NUMBER = "is not a number"
WRONG = {
    "text": ("a,b\n1,2\n3,four\n", rf"row 1, column 'b': 'four' {NUMBER}.*--columns"),
    "second header": ("a,b\nc,d\n1,2\n", r"row 0, column 'a': 'c'"),
    "far down": ("a,b\n" + "1,2\n" * 300_000 + "3,x\n", r"row 300000, column 'b': 'x'"),
    "decimal comma": ('a,b\n1,"1,5"\n', rf"column 'b': '1,5' {NUMBER}; decimal commas"),
    "thousands": ('a,b\n1,"1,234.5"\n', r"column 'b': '1,234.5'.*thousands"),
    "short line": ("1,2\n\n3\n", r"line 2 .* must have 2 cells.*got 1: '3'"),
    "long line": ("a,b\n1,2,3\n", r"line 2 .* must have 2 cells.*got 3: '1,2,3'"),
    "empty": ("", "no numbers"),
    "blank": (" \n\n", "no numbers"),
    "only a header": ("a,b\n", "no rows"),
    "semicolons": ("1;2\n3;4\n5;6\n", r"have one cell; .*--delimiter ';'"),
    "semicolons, commas": ("a;b\n1,5;2,5\n", "one cell.*delimiter=';'"),
    "semicolons below": ("a\n1;2,5\n", r"got 2.*did you mean delimiter=';'"),
}


@pytest.mark.parametrize(("text", "reason"), WRONG.values(), ids=WRONG)
def test_wrong_tables_are_named(tmp_path, text, reason):
    (tmp_path / "wrong.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"wrong\.csv.*{reason}"):
        load_matrix(tmp_path / "wrong.csv")


@pytest.mark.parametrize("content", [b"\xff\xfe1\x00", b"1,2\n\x00\x80\n", b"\x89PNG"])
@pytest.mark.parametrize("name", ["wrong.csv", "wrong.csv.gz", "wrong.parquet"])
def test_binary_content_is_named(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name}: not a readable table"):
        load_matrix(tmp_path / name)


def test_a_cut_archive_is_named(tmp_path):
    whole = gzip.compress(np.random.default_rng(0).bytes(9).hex().encode() * 100)
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(ValueError, match=r"cut\.csv\.gz: not a readable table"):
        load_matrix(tmp_path / "cut.csv.gz")
