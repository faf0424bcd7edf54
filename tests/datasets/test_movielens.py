"""The files of MovieLens, in the form of each edition."""

import numpy as np
import pytest

from latentia.datasets import load_movielens
from latentia.recommend import Interactions

FILES = {
    "u.data": "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
    "ratings.dat": "196::242::3::881250949\n186::302::3::891717742\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n"
    "196,242,3.0,881250949\n186,302,3.0,891717742\n",
    "ml-100k.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_every_edition(tmp_path, name, end):
    path = tmp_path / name
    path.write_bytes(FILES[name].replace("\n", end).encode())
    for given in (path, str(path), tmp_path):
        found = load_movielens(given)
        assert {name: column.tolist() for name, column in found.items()} == {
            "user": [196, 186],
            "item": [242, 302],
            "rating": [3, 3],
            "time": [881250949, 891717742],
        }
        assert [column.dtype for column in found.values()] == [
            *(np.int64, np.int64, np.float32, np.int64),
        ]
    data = Interactions.from_frame(found, value="rating", time="time")
    assert data.dtype == np.float32
    assert data.users.tolist() == [186, 196]


def test_other_columns_and_ids(tmp_path):
    path = tmp_path / "x.inter"
    path.write_text("item_id:token\tplace:token\tuser_id:token\nB7\tx\t1\nü\ty\t2\n")
    found = load_movielens(path)
    assert list(found) == ["item", "user"]
    assert found["item"].tolist() == ["B7", "ü"]
    assert Interactions.from_frame(found).items.tolist() == ["B7", "ü"]


def test_files_that_are_wrong(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        load_movielens(tmp_path / "u.data")
    with pytest.raises(FileNotFoundError, match=r"must have one of u\.data.*got none"):
        load_movielens(tmp_path)
    for name, text, message in (
        ("u.data", "", "has no ratings"),
        ("u.data", "1\t2\t3\n", "malformed line"),
        ("u.data", "1\t2\tx\t4\n", "malformed line"),
        ("ratings.csv", "a,b\n1,2\n", "users and items in its first line, got a, b"),
        ("ratings.txt", "1\t2\t3\t4\n", "must be u.data"),
    ):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            load_movielens(path)
    with pytest.raises(FileNotFoundError, match=r"got u\.data, ratings\.csv"):
        load_movielens(tmp_path)
