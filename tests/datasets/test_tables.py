"""Tables of numbers: headers, odd but fine files, and errors by line and column."""

import numpy as np
import pytest

from latentia.datasets import load_matrix

FINE = {
    "plain": "1,2\n3,4\n",
    "header": "a,b\n1,2\n3,4\n",
    "numbered header": "x1,x2\n1,2\n3,4\n",
    "header with blank cell": ",b\n1,2\n3,4\n",
    "no last newline": "1,2\n3,4",
    "windows": "1,2\r\n3,4\r\n",
    "byte order mark": "\ufeff1,2\n3,4\n",
    "blank lines": "\n1,2\n\n  \n3,4\n\n",
    "quoted": '"a","b, c"\n"1",2\n3,"4"\n',
    "spaces": " 1 , 2\n 3.0,4e0\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_fine_tables(tmp_path, text):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    table = load_matrix(tmp_path / "a.csv")
    assert table.dtype == np.float64
    assert table.flags.writeable
    np.testing.assert_array_equal(table, [[1, 2], [3, 4]])


def test_tabs(tmp_path):
    (tmp_path / "a.TSV").write_text("a b\tc\n1\t2\n3\t4\n")
    np.testing.assert_array_equal(load_matrix(tmp_path / "a.TSV"), [[1, 2], [3, 4]])


def test_numbers_come_back_exactly(tmp_path):
    expected = np.random.default_rng(0).standard_normal((31, 7)) * 1e30
    text = "\n".join(",".join(map(repr, row)) for row in expected.tolist())
    (tmp_path / "a.csv").write_text(text)
    np.testing.assert_array_equal(load_matrix(tmp_path / "a.csv"), expected)


def test_one_column_and_one_row(tmp_path):
    (tmp_path / "a.csv").write_text("1\n2\n3\n")
    assert load_matrix(tmp_path / "a.csv").shape == (3, 1)
    (tmp_path / "a.csv").write_text("1,2,nan\n")
    assert load_matrix(tmp_path / "a.csv").shape == (1, 3)


WRONG = {
    "text": ("a,b\n1,2\n3,four\n", r"line 3, column 2: 'four' is not a number"),
    "text in first line": ("1,b\n1,2\n", r"line 1, column 2: 'b' is not a number"),
    "second header": ("a,b\nc,d\n1,2\n", r"line 2, column 1: 'c'"),
    "missing cell": ("1,2\n,4\n", r"line 2, column 1: '' is not a number"),
    "only commas": ("1,2\n,\n", r"line 2, column 1: ''"),
    "short line": ("1,2\n\n3\n", r"line 3 has 1 columns, those before it have 2"),
    "long line": ("a,b\n1,2,3\n", r"line 2 has 3 columns, those before it have 2"),
    "empty": ("", "no numbers"),
    "only a header": ("a,b\n", "no numbers"),
    "semicolons": ("1;2\n3;4\n5;6\n", r"line 2, column 1: '3;4'"),
}


@pytest.mark.parametrize(("text", "reason"), WRONG.values(), ids=WRONG)
def test_wrong_tables_are_named(tmp_path, text, reason):
    (tmp_path / "wrong.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"wrong\.csv.*{reason}"):
        load_matrix(tmp_path / "wrong.csv")


@pytest.mark.parametrize("content", [b"\xff\xfe1\x00", b"1,2\n\x00\x80\n", b"\x89PNG"])
def test_binary_content_is_named(tmp_path, content):
    (tmp_path / "wrong.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"wrong\.csv: not a readable table"):
        load_matrix(tmp_path / "wrong.csv")
