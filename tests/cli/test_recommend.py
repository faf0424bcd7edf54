"""`latentia recommend`: lists of the model, any ids, lines named, nothing half."""

import csv
import gzip

import numpy as np
import pandas as pd
import pytest

from latentia.cli import recommend as command
from latentia.datasets import make_interactions, make_ratings
from latentia.recommend import (
    EASE,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    RatingALS,
)

HOSTILE = ["a,b", 'say "hi"', "two\nlines", "carriage\rreturn", " blank ", "007", "ü🦆"]


def write_events(path, rows, names=("user", "item"), delimiter=","):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
            [names, *rows]
        )
    return path


def read_lists(path):
    with path.open(newline="", encoding="utf-8") as file:
        first, *rows = csv.reader(file)
    assert first == ["user", "item", "score", "rank"]
    return [(user, item, float(score), int(rank)) for user, item, score, rank in rows]


@pytest.fixture(scope="module")
def pairs():
    matrix = make_interactions(60, 40, 600, random_state=0).matrix.tocoo()
    return [(f"u{u}", f"i{i}") for u, i in zip(*matrix.coords, strict=True)]


@pytest.fixture
def events(tmp_path, pairs):
    return write_events(tmp_path / "events.csv", pairs)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("als", ImplicitALS(8, random_state=3)),
        ("ease", EASE()),
        ("knn", ItemKNN()),
        ("popular", Popularity()),
    ],
)
def test_the_lists_are_those_of_the_model(run, tmp_path, events, pairs, name, model):
    out = tmp_path / "out.csv"
    more = ["-k", 8, "--seed", 3] if name == "als" else []
    code, text, err = run(
        "recommend", events, "--model", name, "-n", 5, "-o", out, *more
    )
    assert (code, err) == (0, "")
    assert "user, item, score and rank are in" in text
    users, items = zip(*pairs, strict=True)
    expected = model.fit(Interactions.from_arrays(users, items)).recommend(n=5)
    found = read_lists(out)
    assert [row[:2] for row in found] == list(
        zip(expected["user"], expected["item"], strict=True)
    )
    np.testing.assert_allclose([row[2] for row in found], expected["score"], rtol=1e-6)
    assert [row[3] for row in found] == expected["rank"].tolist()


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "parquet", "feather"])
def test_hostile_ids_come_back_as_they_are(run, tmp_path, ending):
    rows = [(user, item) for user in HOSTILE for item in HOSTILE if user != item]
    path, out = tmp_path / f"events.{ending}", tmp_path / "out.csv"
    if ending in ("parquet", "feather"):
        frame = pd.DataFrame(rows, columns=["user", "item"])
        getattr(frame, f"to_{ending}")(path)
    else:
        write_events(path, rows, delimiter="\t" if ending == "tsv" else ",")
    assert run("recommend", path, "--model", "popular", "-o", out)[0] == 0
    # The only item that a user has no event with
    assert sorted(row[:2] for row in read_lists(out)) == sorted(
        (one, one) for one in HOSTILE
    )


def test_integer_ids_of_parquet_stay_integers(run, tmp_path):
    path, out, saved = (
        tmp_path / name for name in ("e.parquet", "o.csv", "m.safetensors")
    )
    pd.DataFrame({"user": [30, 30, 4], "item": [1, 2, 1]}).to_parquet(path)
    run("recommend", path, "--model", "popular", "-o", out, "--save", saved)
    assert [row[:2] for row in read_lists(out)] == [("4", "2")]
    assert Popularity.load(saved).interactions_.users.tolist() == [4, 30]


def test_values_and_other_names_of_columns(run, tmp_path):
    rows = [("a", "x", 1), ("a", "y", 5), ("b", "x", 2), ("b", "x", 3), ("c", "z", 0)]
    path = write_events(tmp_path / "e.csv", rows, ("who", "what", "seconds"))
    out, saved = tmp_path / "out.csv", tmp_path / "model.safetensors"
    names = ["--user", "who", "--item", "what", "--value", "seconds"]
    code, _, _ = run(
        "recommend", path, *names, "--model", "ease", "-o", out, "--save", saved
    )
    assert code == 0
    data = EASE.load(saved).interactions_
    np.testing.assert_array_equal(
        data.matrix.toarray(), [[1, 5, 0], [5, 0, 0], [0, 0, 0]]
    )
    # c has only a value of 0, and gets the popular items
    assert [row[1] for row in read_lists(out) if row[0] == "c"] == ["x", "y", "z"]


@pytest.mark.parametrize("timed", [False, True])
def test_the_last_of_repeated_ratings_counts(run, tmp_path, timed):
    rows = [("a", "x", 1, "2024-05-02"), ("a", "x", 4, "2024-05-01"), ("b", "y", 0, 9)]
    rows[2] = ("b", "y", 0, "2024-05-01T10:00:00+02:00")
    path = write_events(tmp_path / "e.csv", rows, ("user", "item", "stars", "when"))
    out, saved = tmp_path / "out.csv", tmp_path / "model.safetensors"
    code, _, err = run(
        *("recommend", path, "--value", "stars", "--model", "rating", "-k", 1),
        *("-o", out, "--save", saved, *(["--time", "when"] if timed else [])),
    )
    assert code == 0
    assert "1 ratings are replaced by a later one" in err
    data = RatingALS.load(saved).interactions_
    assert data.n_stored == 2  # a rating of 0 is a rating
    assert data.matrix.toarray().tolist() == [[1.0 if timed else 4.0, 0], [0, 0]]


@pytest.mark.parametrize("timed", [False, True])
def test_metrics_are_next_to_those_of_popularity(run, tmp_path, pairs, timed):
    rows = [(*pair, i) for i, pair in enumerate(pairs)]
    path = write_events(tmp_path / "e.csv", rows, ("user", "item", "t"))
    out = tmp_path / "out.csv"
    more = ["--time", "t"] if timed else []
    code, text, _ = run(
        "recommend", path, "--model", "ease", "--evaluate", "-o", out, *more
    )
    assert code == 0
    lines = text.splitlines()
    assert lines[0].split() == ["metric", "ease", "popular"]
    assert [line.split()[0] for line in lines[1:6]] == [
        f"{name}@10" for name in command.METRICS
    ]
    assert "ndcg@40" in text  # as many items as there are
    held_out = "the last item" if timed else "a fifth of the items"
    assert f"held out: {held_out} of each of" in text
    # The lists are of a fit to all events
    users, items = zip(*pairs, strict=True)
    expected = EASE().fit(Interactions.from_arrays(users, items)).recommend()
    assert [row[1] for row in read_lists(out)] == expected["item"].tolist()


def test_errors_of_ratings_are_shown(run, tmp_path):
    ratings = make_ratings(30, 20, 300, random_state=0).ratings.tocoo()
    rows = zip(*ratings.coords, ratings.data, strict=True)
    path = write_events(tmp_path / "e.csv", rows, ("user", "item", "stars"))
    code, text, _ = run(
        *("recommend", path, "--value", "stars", "--model", "rating", "-k", 2),
        *("--evaluate", "-o", tmp_path / "out.csv"),
    )
    assert code == 0
    assert "RMSE" in text
    assert "of held-out ratings" in text


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", [], "it is empty"),
        ("user,item\n", [], "has no events"),
        ("usr,item\na,b\n", [], "csv: there is no column 'user'; did you mean 'usr'?"),
        ("user,item\na,b\n", ["--value", "stars"], "no column 'stars'"),
        ("user;item\na;b\n", [], "must be separated by commas, in a .tsv by tabs"),
        ("user\titem\na\tb\n", [], r"by tabs, got '\t'"),
        ("user,user,item\na,b,c\n", [], "several columns have the name 'user'"),
        ("user,item\na,b\nc\n", [], "must have 2 cells"),
        ("user,item\na,b\n\n,c\n", [], "line 4: column 'user' is empty"),
        ('user,item\n"a\nb",c\nd,\n', [], "line 4: column 'item' is empty"),
        ("user,item\r\n\r\na,b\r\n,c\r\n", [], "line 4: column 'user' is empty"),
        ("user,item,v\na,b,1\nc,d,-2\n", ["--value", "v"], "line 3: column 'v' is < 0"),
        ("user,item,v\na,b,nan\n", ["--value", "v"], "line 2: column 'v' is not a num"),
        ("user,item,v\na,b,inf\n", ["--value", "v"], "line 2: column 'v' is not finit"),
        ("user,item,v\na,b,\n", ["--value", "v"], "line 2: column 'v' is empty"),
        (
            "user,item,v\na,b,x\n",
            ["--value", "v"],
            "line 2: column 'v' is not a number",
        ),
        ("user,item,v\na,b,0\n", ["--value", "v"], "has only values of 0"),
        ("user,item,t\na,b,noon\n", ["--time", "t"], "line 2: column 't' is not a num"),
        (
            "user,item,t\na,b,3\nb,c,2024-01-01\n",
            ["--time", "t"],
            "line 3: column 't' is not a number or a time in ISO 8601: '2024-01-01', "
            "unlike '3' above",
        ),
        ("user,item\na,b\n", ["--item", "user"], "must be different, got 'user' twice"),
        ("user,item\na,b\n", ["--model", "alss"], "did you mean 'als'?"),
        ("user,item\na,b\n", ["--model", "rating"], "--model rating needs"),
        ("user,item\na,b\n", ["--model", "ease", "-k", 3], "-k is for als and rating"),
        ("user,item\na,b\n", ["-k", 0], "must be at least 1"),
        ("user,item\na,b\n", ["-n", 0], "-n must be at least 1"),
        ("user,item\na,b\n", ["--threads", 0], "--threads must be at least 1"),
        ("user,item\na,b\n", ["--evaluate"], "at least two items to be tested"),
    ],
)
def test_bad_input_is_one_line(run, tmp_path, text, options, message):
    path, out = tmp_path / "events.csv", tmp_path / "out.csv"
    path.write_bytes(text.encode())
    code, printed, err = run("recommend", path, "-o", out, *options)
    assert (code, printed) == (2, "")
    assert message in err
    assert err.startswith("latentia: ")
    assert err.count("\n") == 1
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("n_before", [0, 500_000])
def test_other_encodings(run, tmp_path, encoding, n_before):
    """Of any line: the first block of a text is read, or all of it."""
    path = tmp_path / "e.csv"
    lines = ["user,item", *["a,b"] * n_before, "é,b", ""]
    path.write_bytes("\n".join(lines).encode(encoding))
    code, _, error = run("recommend", path, "-o", tmp_path / "out.csv")
    assert code == 2
    assert "is not text in UTF-8: save the table in that encoding" in " ".join(
        error.split()
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"user": [1.5, 2]}, "ids must be text or integers, column 'user' has double"),
        ({"user": ["a", None]}, "row 1: column 'user' is missing"),
        ({"value": [1.0, None]}, "row 1: column 'value' is missing"),
        ({"value": [-1, 2]}, "row 0: column 'value' is < 0: -1"),
        ({"value": [[1], [2]]}, "values must be numbers"),
        ({"time": [True, False]}, "times must be numbers or timestamps"),
        ({"time": pd.to_datetime(["2024-01-01", None])}, "row 1: column 'time' is mis"),
    ],
)
def test_bad_columns_of_parquet(run, tmp_path, column, message):
    path = tmp_path / "events.parquet"
    columns = {"user": ["a", "b"], "item": [1, 2], "value": [1, 2], "time": [1, 2]}
    pd.DataFrame(columns | column).to_parquet(path)
    options = ["--value", "value", "--time", "time"]
    code, _, err = run("recommend", path, *options, "-o", tmp_path / "out.csv")
    assert code == 2
    assert message in err


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe\x00", b"user,item\n\xff,b\n", b"\x1f\x8b"]
)
def test_damaged_files(run, tmp_path, damage):
    for name in ("events.csv", "events.csv.gz", "events.parquet"):
        path = tmp_path / name
        path.write_bytes(damage)
        code, _, err = run("recommend", path, "-o", tmp_path / "out.csv")
        assert code == 2
        assert name in err
        assert err.count("\n") == 1


def test_a_mark_of_byte_order_is_no_part_of_a_name(run, tmp_path):
    path = tmp_path / "events.csv"
    path.write_bytes("\ufeffuser,item\na,x\nb,y\n".encode())
    assert (
        run("recommend", path, "--model", "popular", "-o", tmp_path / "o.csv")[0] == 0
    )


def test_files_that_are_not_written(run, tmp_path, events):
    out, saved = tmp_path / "out.csv", tmp_path / "model.safetensors"
    for there, options in ((out, []), (saved, ["--save", saved])):
        there.write_text("precious")
        code, _, err = run("recommend", events, "-o", out, *options)
        assert code == 2
        assert "exists; --force overwrites it" in err
        assert there.read_text() == "precious"
        there.unlink()
    for path, message in (
        (tmp_path / "none" / "out.csv", "there is no folder"),
        (tmp_path / "out.npz", "must end in .csv"),
        (events, "which is never overwritten"),
    ):
        code, _, err = run("recommend", events, "-o", path, "--force")
        assert code == 2
        assert message in err
    code, _, err = run("recommend", tmp_path / "no.csv", "-o", out)
    assert code == 2
    assert "there is no file" in err
    code, _, err = run("recommend", tmp_path / "events.json", "-o", out)
    assert "must be in a table" in err


def test_an_existing_file_stays_whole_if_writing_fails(
    run, tmp_path, events, monkeypatch
):
    out = tmp_path / "out.csv"
    out.write_text("precious")

    def fail(self, users, n):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Popularity, "recommend", fail)
    code, _, err = run("recommend", events, "--model", "popular", "-o", out, "--force")
    assert code == 2
    assert "out.csv could not be written: No space left on device" in err
    assert out.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv", "out.csv"]


def test_users_are_written_in_blocks(run, tmp_path, events, monkeypatch):
    whole, blocks = tmp_path / "whole.csv", tmp_path / "blocks.csv"
    run("recommend", events, "--model", "ease", "-o", whole)
    monkeypatch.setattr(command, "_USERS_AT_ONCE", 7)
    run("recommend", events, "--model", "ease", "-o", blocks)
    assert whole.read_bytes() == blocks.read_bytes()


def test_a_few_events_in_plain_words(run, tmp_path):
    """One user, who has seen everything, and one who has not."""
    pairs = [("ann", "x"), ("ann", "y"), ("ann", "z")]
    path = write_events(tmp_path / "few.csv", pairs)
    code, text, _ = run("recommend", path, "-o", tmp_path / "out.csv", "--evaluate")
    assert code == 0
    assert "a fifth of the items of each of 1 user;" in text
    assert "for 0 of 1 users" in text
    assert read_lists(tmp_path / "out.csv") == []
    path = write_events(tmp_path / "more.csv", [*pairs, ("bob", "y")])
    _, text, _ = run("recommend", path, "-o", tmp_path / "more-out.csv")
    assert "for 1 of 2 users" in text
    assert {row[0] for row in read_lists(tmp_path / "more-out.csv")} == {"bob"}
