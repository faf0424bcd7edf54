"""From events to a matrix with ids, and what is wrong with events."""

import datetime
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia.recommend import Interactions

EVENTS = {
    "user": ["bob", "ann", "bob", "cem", "ann", "bob"],
    "item": [5, 9, 5, 7, 5, 7],
    "value": [1.0, 2.0, 3.0, 0.0, 0.5, 4.0],
    "time": [10, 20, 5, 1, 2, 3],
}


def test_a_frame_becomes_a_matrix():
    for table in (EVENTS, pd.DataFrame(EVENTS)):
        data = Interactions.from_frame(table, value="value", time="time")
        assert data.users.tolist() == ["ann", "bob", "cem"]
        assert data.items.tolist() == [5, 7, 9]
        assert data.items.dtype == np.int64
        np.testing.assert_array_equal(
            data.matrix.toarray(), [[0.5, 0, 2], [4, 4, 0], [0, 0, 0]]
        )
        assert data.dtype == np.float64
        assert data.matrix.has_canonical_format
        assert data.times.tolist() == [2, 20, 10, 3]  # the last of each pair
        assert data.n_stored == 4  # 0 is no interaction


def test_events_are_counted_without_values():
    data = Interactions.from_frame(EVENTS)
    np.testing.assert_array_equal(
        data.matrix.toarray(), [[1, 0, 1], [2, 1, 0], [0, 1, 0]]
    )
    assert data.dtype == np.float32
    assert data.times is None


def test_zeros_are_kept_on_request():
    data = Interactions.from_frame(EVENTS, value="value", keep_zeros=True)
    assert data.n_stored == 5
    assert data.matrix[[2]][:, [1]].nnz == 1
    stored = scipy.sparse.csr_array(([0.0, 1.0], [0, 1], [0, 2]), shape=(1, 2))
    assert Interactions.from_matrix(stored).n_stored == 1
    assert Interactions.from_matrix(stored, keep_zeros=True).n_stored == 2
    assert stored.nnz == 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1, 2], np.int64), np.float32),
        (np.array([True, True]), np.float32),
        (np.array([1, 2], np.float16), np.float32),
        (np.array([1, 2], np.float32), np.float32),
        ([1.5, 2], np.float64),
        (pd.array([1, 2], dtype="Int64"), np.float32),
        (pd.array([1.5, 2], dtype="Float64"), np.float64),
    ],
)
def test_float64_is_kept_and_others_become_float32(values, expected):
    data = Interactions.from_arrays([0, 1], [0, 1], values)
    assert data.dtype == expected
    assert data.matrix.sum() == np.sum(values)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([3, 1, 3], [1, 3]),
        ([3.0, 1.0, 3.0], [1, 3]),  # pandas' integers beside a missing value
        (np.array([3, 1, 3], np.uint8), [1, 3]),
        (pd.array([3, 1, 3], dtype="Int64"), [1, 3]),
        (["b", "a", "b"], ["a", "b"]),
        (np.array(["b", "a", "b"]), ["a", "b"]),
        (pd.Series(["b", "a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series(["b", "a", "b"], dtype="string"), ["a", "b"]),
        ([("x", 2), ("x", 1), ("x", 2)], [("x", 1), ("x", 2)]),
        ([2 + 1j, 1j, 2 + 1j], [2 + 1j, 1j]),
        ([2**70, 1, 2**70], [1, 2**70]),
        (
            ['a,"b"\n', "ü", 'a,"b"\n'],
            ['a,"b"\n', "ü"],
        ),
        (
            np.array(["2020-01-02", "2020-01-01", "2020-01-02"], "datetime64[ns]"),
            [np.datetime64("2020-01-01"), np.datetime64("2020-01-02")],
        ),
    ],
)
def test_ids_of_every_kind(ids, expected):
    data = Interactions.from_arrays(ids, [0, 0, 1])
    assert data.users.tolist() == expected
    rows = data.rows_of(expected[::-1])
    assert rows.tolist() == [1, 0]
    assert data.matrix.sum() == 3


@pytest.mark.parametrize("module", ["polars.DataFrame", "pyarrow.table"])
def test_frames_of_other_libraries(module):
    package, _, maker = module.partition(".")
    frame = getattr(pytest.importorskip(package), maker)(
        {"user": ["b", "a", "b"], "item": [3, 1, 1], "stars": [1.0, 2.0, 0.5]}
    )
    data = Interactions.from_frame(frame, value="stars")
    assert data.users.tolist() == ["a", "b"]
    assert data.items.tolist() == [1, 3]
    np.testing.assert_array_equal(data.matrix.toarray(), [[2, 0], [0.5, 1]])
    with pytest.raises(KeyError, match=r"no column 'users'; did you.*'user'.*'stars'"):
        Interactions.from_frame(frame, "users")


def test_ids_are_found():
    data = Interactions.from_frame(EVENTS)
    assert data.rows_of("cem").tolist() == [2]
    assert data.rows_of([]).tolist() == []
    assert data.rows_of(pd.Series(["cem", "ann"])).tolist() == [2, 0]
    assert data.columns_of(np.int32(7)).tolist() == [1]
    assert data.rows_of(np.str_("cem")).tolist() == [2]
    assert data.rows_of(iter(["cem", "bob"])).tolist() == [2, 1]
    pairs = Interactions.from_arrays([(1, 2), (1,)], [0, 1])
    assert pairs.rows_of([(1, 2), (1,)]).tolist() == [1, 0]
    with pytest.raises(ValueError, match=re.escape("unknown users: 'x0', 'x1', 'x2'")):
        data.rows_of([f"x{i}" for i in range(9)])
    with pytest.raises(ValueError, match="'x4' and 4 more"):
        data.rows_of([*(f"x{i}" for i in range(9)), "ann"])
    with pytest.raises(ValueError, match="known ids are int, such as 5, not str"):
        data.columns_of(["5"])


WRONG_IDS = {
    "mixed": ([1, "1", 2], TypeError, r"int \(1 in row 0\) and str \('1' in row 1\)"),
    "True is not 1": ([1, True, 2], TypeError, "one type, got int .* and bool"),
    "None": (["a", None, "b"], ValueError, "not be missing, got None in row 1"),
    "NaN": ([1.0, 2.0, np.nan], ValueError, "missing, got nan in row 2"),
    "NA": (
        pd.array([1, None, 2], dtype="Int64"),
        ValueError,
        "missing, got .* in row 1",
    ),
    "NaT": (np.array(["NaT", 1, 2], "M8[s]"), ValueError, "missing.* row 0"),
    "list": ([[1], [2], [1]], TypeError, r"hashed, got \[1\] in row 0"),
    "two axes": (np.ones((3, 1)), ValueError, "one axis"),
    "too large": (np.array([1, 2**64 - 1, 2], np.uint64), ValueError, "2.*63.*row 1"),
}


@pytest.mark.parametrize("name", WRONG_IDS)
def test_ids_that_are_not_allowed(name):
    ids, error, message = WRONG_IDS[name]
    with pytest.raises(error, match=message):
        Interactions.from_arrays(ids, [0, 0, 1])
    with pytest.raises(error, match="items"):
        Interactions.from_arrays([0, 0, 1], ids)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0])
def test_values_that_are_not_allowed(wrong):
    for dtype in (np.float32, np.float64):
        with pytest.raises(ValueError, match=f"column 'v' .*{wrong} in row 2"):
            Interactions.from_frame(
                {"user": [1, 2, 3], "item": [1, 2, 3]}
                | {"v": np.array([1, 1, wrong], dtype)},
                value="v",
            )
    matrix = scipy.sparse.csr_array(np.array([[0, 1.0], [0, wrong]]))
    with pytest.raises(ValueError, match=f"{wrong} in row 1, column 1"):
        Interactions.from_matrix(matrix)


def test_values_that_are_no_numbers():
    for wrong in (["a", "b"], [1, "2"], [1, None]):
        with pytest.raises((TypeError, ValueError), match="values must be"):
            Interactions.from_arrays([1, 2], [1, 2], wrong)
    large = Interactions.from_arrays([1, 2], [1, 2], np.array([1, 10**300], object))
    assert large.dtype == np.float64  # float32 would be infinite


def test_a_sum_that_overflows_is_named():
    huge = np.full(2, 3e38, np.float32)
    with pytest.raises(ValueError, match="user 'u' and item 4 does not fit in float32"):
        Interactions.from_arrays(["u", "u"], [4, 4], huge)


def test_missing_columns_are_named():
    with pytest.raises(KeyError, match="no column 'usr'; did you mean 'user'"):
        Interactions.from_frame(EVENTS, user="usr")
    with pytest.raises(KeyError, match=r"'rating'.*columns are 'user', 'item'"):
        Interactions.from_frame(pd.DataFrame(EVENTS), value="rating")
    with pytest.raises(TypeError, match=r"named columns.*got ndarray"):
        Interactions.from_frame(np.ones((3, 2)))
    with pytest.raises(ValueError, match="same length, got users: 2, items: 3"):
        Interactions.from_arrays([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="at least one event"):
        Interactions.from_arrays([], [])


@pytest.mark.parametrize(
    "times",
    [
        [3, 1, 2],
        [3.5, 1.0, 2.0],
        pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01"]),
        pd.Series(pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01"])),
        pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01"], utc=True),
        [datetime.date(2020, month, 1) for month in (3, 1, 2)],
    ],
)
def test_the_time_of_the_last_event(times):
    data = Interactions.from_arrays([0, 0, 0], [5, 5, 6], times=times)
    assert data.times.dtype.kind in "ifM"
    assert data.times[0] > data.times[1]


def test_times_that_cannot_be_ordered():
    for wrong in (["2020-01-01", "2020-02-01"], [1, "2"], [1, datetime.date.today()]):
        with pytest.raises(TypeError, match="times must be numbers or datetimes, got"):
            Interactions.from_arrays([0, 1], [0, 1], times=wrong)
    for missing in ([1.0, np.nan], pd.to_datetime(["2020-01-01", None]), [1, None]):
        with pytest.raises(ValueError, match=r"times must not be missing.* row 1"):
            Interactions.from_arrays([0, 1], [0, 1], times=missing)


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_matrix_is_not_copied(random_matrix, dtype, index):
    matrix = random_matrix(dtype=dtype)
    matrix.indptr, matrix.indices = (
        part.astype(index) for part in (matrix.indptr, matrix.indices)
    )
    data = Interactions.from_matrix(matrix)
    assert np.shares_memory(data.matrix.data, matrix.data)
    assert np.shares_memory(data.matrix.indices, matrix.indices)
    assert data.dtype == dtype
    assert data.users.tolist() == list(range(37))


def test_matrices_of_other_kinds(random_matrix):
    matrix = random_matrix()
    for kind in ("csc", "coo", "lil", "dok"):
        data = Interactions.from_matrix(matrix.asformat(kind))
        np.testing.assert_array_equal(data.matrix.toarray(), matrix.toarray())
    assert Interactions.from_matrix(matrix.astype(int)).dtype == np.float32
    with pytest.raises(TypeError, match="from_frame and from_arrays take events"):
        Interactions.from_matrix(matrix.toarray())


def test_shapes_name_both_sides(random_matrix):
    matrix = random_matrix()
    with pytest.raises(
        ValueError, match=r"users × items = 53 × 37.*got 37 × 53.*trans"
    ):
        Interactions.from_matrix(matrix, range(53), range(37))
    with pytest.raises(ValueError, match="37 rows of the matrix, got 30"):
        Interactions.from_matrix(matrix, range(30))
    with pytest.raises(ValueError, match="different ids, got 3 twice"):
        Interactions.from_matrix(matrix, items=[3, *range(52)])


def test_a_part_of_the_users_or_entries(named_events):
    part = named_events.subset_users(["user 9", "user 2"])
    np.testing.assert_array_equal(
        part.matrix.toarray(), named_events.matrix[[9, 2]].toarray()
    )
    assert part.users.tolist() == ["user 9", "user 2"]
    with pytest.raises(ValueError, match="different"):
        named_events.subset_users(["user 2", "user 2"])
    random = np.random.default_rng(0)
    stored = random.random(named_events.n_stored) < 0.1
    entries = named_events.matrix.tocoo()
    few = named_events.select(stored)
    expected = np.zeros(few.shape, np.float32)
    expected[entries.row[stored], entries.col[stored]] = entries.data[stored]
    np.testing.assert_array_equal(few.matrix.toarray(), expected)
    assert few.n_stored == stored.sum()


def test_times_follow_their_entries():
    data = Interactions.from_frame(EVENTS, time="time")
    assert data.take_rows(np.array([1, 0])).times.tolist() == [10, 3, 2, 20]
    assert data.take_rows(np.array([2, 2])).times.tolist() == [1, 1]
    stored = np.array([True, False, False, True, True])
    assert data.select(stored).times.tolist() == data.times[stored].tolist()


def test_repr_says_what_there_is():
    assert repr(Interactions.from_frame(EVENTS)) == (
        "Interactions(3 users × 3 items, 5 stored, density 56%, median 2 per user)"
    )


def test_one_user_and_one_item():
    data = Interactions.from_arrays(["u"], ["i"])
    assert data.shape == (1, 1)
    assert data.matrix.toarray() == 1


def test_integers_that_floats_would_merge():
    big = [2**60 + 1, 2**60 + 2, 2**60 + 3]
    data = Interactions.from_arrays(big, ["a", "b", "c"])
    assert data.users.tolist() == big
    for mixed in ([-1, 2**63, 2**63 + 1], [2**60 + 1, 2**60 + 2, 0.5]):
        try:
            found = Interactions.from_arrays(mixed, ["a", "b", "c"]).users.tolist()
        except (TypeError, ValueError):
            continue
        assert sorted(map(str, found)) == sorted(map(str, mixed))


@pytest.mark.parametrize("users", ["ann", {"a", "b", "c"}, {"a": 1, "b": 2, "c": 3}])
def test_columns_without_an_order(users):
    with pytest.raises(TypeError, match=r"must be a sequence.* got (str|set|dict)"):
        Interactions.from_arrays(users, ["t", "u", "v"])
