"""Titles and genres of films, in the form of each edition."""

import pytest

from latentia.datasets import load_movielens_items

FLAGS = "0|" * 5 + "1|" + "0|" * 11 + "1|0"
FILES = {
    "u.item": f"7|Amélie (2001)|01-Jan-2001||http://x|{FLAGS}\n"
    f"3|A, B (1999)|||{'|0' * 19}\n",
    "movies.dat": "7::Amélie (2001)::Comedy|War\n3::A, B (1999)::\n",
    "movies.csv": "movieId,title,genres\n7,Amélie (2001),Comedy|War\n"
    '3,"A, B (1999)",\n',
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_films_of_every_edition(tmp_path, name, encoding):
    text = FILES[name].replace("\n", "\r\n")
    (tmp_path / name).write_bytes(text.encode(encoding))
    for given in (tmp_path, tmp_path / "u.data", str(tmp_path / name)):
        found = load_movielens_items(given)
        assert {name: column.tolist() for name, column in found.items()} == {
            "item": [7, 3],
            "title": ["Amélie (2001)", "A, B (1999)"],
            "genres": ["Comedy|War", ""],
        }


def test_files_that_are_wrong(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"must have one of u\.item, movies"):
        load_movielens_items(tmp_path / "u.data")
    for name, text in (
        ("movies.csv", "movieId,title,genres\n1,A,B\n2,C\n"),
        ("movies.dat", "1::A::B\nx::A::B\n"),
        ("u.item", FILES["u.item"].splitlines()[0] + "\n2|A|0|1\n"),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        line = text.count("\n")
        with pytest.raises(ValueError, match=rf"{name}, line {line} is malformed"):
            load_movielens_items(path)
        path.unlink()
