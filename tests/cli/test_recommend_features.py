"""`latentia recommend` with tables of features: joined by ids, cells checked."""

import csv

import numpy as np
import pandas as pd
import pytest

from latentia.cli.events import read_events
from latentia.cli.features import described, read_features
from latentia.datasets import make_interactions
from latentia.recommend import ImplicitALS


@pytest.fixture(scope="module")
def made():
    return make_interactions(60, 30, 400, rank=2, random_state=0)


@pytest.fixture
def files(tmp_path, made):
    """Events without those of user u3 and item i2, and features of all but i9."""
    pairs = zip(*made.matrix.nonzero(), strict=True)
    kept = [(f"u{u}", f"i{i}") for u, i in pairs if u != 3 and i != 2]
    events, users, items = (tmp_path / f"{name}.csv" for name in ("e", "u", "i"))
    pd.DataFrame(kept, columns=["user", "item"]).to_csv(events, index=False)
    frame = pd.DataFrame(made.user_factors, columns=["a", "b"])
    frame.insert(1, "user", [f"u{i}" for i in range(60)])
    frame.to_csv(users, index=False)
    frame = pd.DataFrame(made.item_factors, columns=["a", "b"])
    frame.insert(0, "id", [f"i{i}" for i in range(30)])
    frame["kind"] = np.where(frame["a"] > 0, "warm, dry", "cold")
    frame.drop(9)[::-1].to_csv(items, index=False)
    return events, users, items


def test_the_lists_are_those_of_a_model_with_features(run, tmp_path, files, made):
    events, users, items = files
    out, saved = tmp_path / "out.csv", tmp_path / "model.safetensors"
    code, text, err = run(
        *("recommend", events, "--user-features", users, "--item-features", items),
        *("-k", 4, "-n", 30, "-o", out, "--save", saved, "--evaluate"),
    )
    assert code == 0
    assert err.splitlines() == [
        f"latentia: {items} has no features of 1 of 29 items, such as 'i9': theirs are "
        "0"
    ]
    assert text.count("of them have features alone") == 2
    assert "items without events can be in the lists, and are wrong there" in text
    model = ImplicitALS.load(saved)
    known = model.interactions_
    assert known.shape == (60, 30)
    # As by hand: standardised numbers, one feature for each text, ones
    order = [int(name[1:]) for name in known.items]
    F = np.delete(np.asarray(made.item_factors), 9, axis=0)
    F = (np.asarray(made.item_factors) - F.mean(axis=0)) / F.std(axis=0)
    warm = (np.asarray(made.item_factors)[:, :1] > 0) * 1.0
    F = np.hstack([np.ones((30, 1)), F, 1 - warm, warm])
    F[9] = 0
    G = np.asarray(made.user_factors)
    G = np.hstack([np.ones((60, 1)), (G - G.mean(axis=0)) / G.std(axis=0)])
    expected = ImplicitALS(4, random_state=0).fit(
        known,
        item_features=F[order],
        user_features=G[[int(name[1:]) for name in known.users]],
    )
    np.testing.assert_allclose(
        model.user_factors_, expected.user_factors_, rtol=1e-3, atol=1e-5
    )
    # Who has only features has a list, and so have others with the new item
    with out.open(newline="", encoding="utf-8") as file:
        rows = [(row["user"], row["item"]) for row in csv.DictReader(file)]
    assert [item for user, item in rows if user == "u3"] == (
        model.recommend(["u3"], n=30)["item"].tolist()
    )
    assert not model.recommend(["u3"], n=1)["popular"].any()
    assert ("u5", "i2") in rows


def test_the_kinds_of_columns(tmp_path, capsys):
    path = tmp_path / "features.csv"
    path.write_text(
        "name,item,year,genre,same,also,rating\n"
        "one,b,1990,A,x,7,PG\n"
        "two,a,2000,B,x,7,18\n"
        "three,c,2010,A,x,7,PG\n"
        "four,d,2020,,x,7,18\n"
    )
    found = read_features(path, "item", "item")
    assert found.ids.tolist() == ["a", "b", "c", "d"]
    years = (np.array([2000, 1990, 2010, 2020]) - 2005) / np.std([1, 2, 3, 4]) / 10
    expected = [np.ones(4), years, [0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]]
    np.testing.assert_allclose(found.matrix.toarray(), np.transpose(expected))
    assert capsys.readouterr().err == (
        f"latentia: {path}: column 'name' is left out: no two rows have the same text\n"
    )


def test_tables_of_parquet(tmp_path):
    path = tmp_path / "features.parquet"
    frame = pd.DataFrame(
        {
            "id": [7, 5, 6, 9],
            "kind": pd.Categorical(["A", None, "B", "A"]),
            "word": ["x", "y", None, "x"],
            "on": [True, False, True, False],
        }
    )
    frame.to_parquet(path)
    found = read_features(path, "item", "item")
    assert found.ids.tolist() == [5, 6, 7, 9]
    expected = [[1, 0, 0, -1], [1, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, -1]]
    np.testing.assert_array_equal(found.matrix.toarray(), expected)
    for column, message in (
        ({"n": [1.0, None, 2.0, 3.0]}, "row 1: column 'n' of item 5 is missing"),
        ({"n": [1.0, 2.0, np.inf, 3.0]}, "row 2: column 'n' of item 6 is not finite"),
        ({"n": pd.to_datetime(["2024-01-01"] * 4)}, "features must be numbers or text"),
    ):
        frame.assign(**column).to_parquet(path)
        with pytest.raises(ValueError, match=message):
            read_features(path, "item", "item")
    frame.to_parquet(path)
    events = tmp_path / "e.csv"
    events.write_text("user,item\na,5\nb,6\n")
    data = read_events(events, "user", "item", None, None).data
    with pytest.raises(ValueError, match="the events have them, which are text, got i"):
        described(data, user=(None, "user"), item=(path, "item"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("item\nb\n", "has no features, only ids"),
        ("item,n\n", "has no items, only names of columns"),
        ("item,n\nb,1\n\nc,2\nb,3\n", "line 5: column 'item' repeats the id 'b'"),
        ("item,n\nb,1\n,2\n", "line 3: column 'item' is empty"),
        (
            "item,n\nb,1\nc,2\nd,x\n",
            "line 4: column 'n' of item 'd' is not a finite",
        ),
        ("item,n\nb,1\nc,2\nd,nan\n", "of item 'd' is not a finite number: 'nan', unl"),
        ("item,n\nb,1\nc,\n", "line 3: column 'n' of item 'c' is empty, unlike other"),
        ("item,n,n\nb,1,2\n", "several columns have the name 'n'"),
        ("item,n\nx,1\ny,2\n", "has no item of the events: its ids are such as 'x'"),
        ("item,n\nb,1,2\n", "must have 2 cells"),
    ],
)
def test_bad_tables_are_one_line(run, tmp_path, text, message):
    events, path = tmp_path / "e.csv", tmp_path / "features.csv"
    events.write_text("user,item\na,b\na,c\n")
    path.write_text(text)
    out = tmp_path / "out.csv"
    code, printed, err = run("recommend", events, "--item-features", path, "-o", out)
    assert (code, printed) == (2, "")
    assert str(path) in err
    assert message in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_features_are_for_als_and_never_overwritten(run, files):
    events, _, items = files
    more = ("--item-features", items)
    code, _, err = run("recommend", events, *more, "--model", "ease", "-o", "o.csv")
    assert code == 2
    assert "--item-features is for als, got --model ease" in err
    code, _, err = run("recommend", events, *more, "-o", items, "--force")
    assert code == 2
    assert "which is never overwritten" in err
