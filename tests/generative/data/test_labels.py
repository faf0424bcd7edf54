"""Labels of any kind become indices; what is missing or unknown is named."""

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")

from latentia.generative.data import as_image_set, class_indices  # noqa: E402

X = np.zeros((4, 8, 8), np.uint8)


@pytest.mark.parametrize(
    ("y", "classes", "indices"),
    [
        ([7, 3, 3, 7], [3, 7], [1, 0, 0, 1]),
        ((True, False, False, True), [0, 1], [1, 0, 0, 1]),
        (np.array([True, False, False, True]), [0, 1], [1, 0, 0, 1]),
        (np.array([2.0, -1.0, 2.0, 0.0]), [-1, 0, 2], [2, 0, 2, 1]),
        (np.array([2, 1, 2, 1], np.uint64), [1, 2], [1, 0, 1, 0]),
        (np.array([2, 1, 2, 1], ">i4"), [1, 2], [1, 0, 1, 0]),
        (["cat", "dog", "Emu", "cat"], ["Emu", "cat", "dog"], [1, 2, 0, 1]),
        (np.array(["b", "a", "b", "b"]), ["a", "b"], [1, 0, 1, 1]),
        (np.array(["b", "a", "b", "b"], object), ["a", "b"], [1, 0, 1, 1]),
        (np.array(["b", "a", "b", "b"], np.dtypes.StringDType()), "ab", [1, 0, 1, 1]),
        (np.array([5, 4, 5, True], object), [1, 4, 5], [2, 1, 2, 0]),
        (pd.Series([5, 4, 5, 4], index=[9, 8, 7, 6]), [4, 5], [1, 0, 1, 0]),
        (pd.Series([5, 4, 5, 4], dtype="Int64"), [4, 5], [1, 0, 1, 0]),
        (pd.Series(["b", "a", "b", "b"], dtype="string"), ["a", "b"], [1, 0, 1, 1]),
        (pd.Series(["b", "a", "b", "b"]).astype("category"), "ab", [1, 0, 1, 1]),
        (pd.Categorical([5, 4, 5, 4]), [4, 5], [1, 0, 1, 0]),
        (torch.tensor([5, 4, 5, 4], dtype=torch.int32), [4, 5], [1, 0, 1, 0]),
        (torch.tensor([1.0, 0, 1, 0], requires_grad=True), [0, 1], [1, 0, 1, 0]),
        ([torch.tensor(5), np.int8(4), np.array(5), 4], [4, 5], [1, 0, 1, 0]),
        (["same"] * 4, ["same"], [0, 0, 0, 0]),
    ],
)
def test_labels(y, classes, indices):
    image_set = as_image_set(X, y, labelled=True)
    assert image_set.classes.tolist() == list(classes)
    assert image_set.classes.dtype.kind in "iU"
    assert image_set.labels.dtype == torch.int64
    assert image_set.labels.tolist() == indices


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1, 2, 3], ValueError, "y has 3 labels for 4 images"),
        ([], ValueError, "y has 0 labels for 4 images"),
        (3, ValueError, r"y must have one dimension.*got shape \(\)"),
        ("cat", ValueError, r"y must have one dimension.*got shape \(\)"),
        (np.eye(4), ValueError, r"y must have one dimension.*got shape \(4, 4\)"),
        ([0.0, 1.0, np.nan, 1.0], ValueError, r"y\[2\] = nan: an integer or a string"),
        (pd.Series(["a", np.nan, "b", "a"]), ValueError, r"y\[1\] = nan"),
        (pd.Series(["a", "b"] * 2).map({"a": "c"}), ValueError, r"y\[1\] = nan"),
        (pd.Series([1, pd.NA, 2, 1], dtype=object), TypeError, r"y\[1\] = <NA>"),
        (["a", "b", None, "a"], TypeError, r"y\[2\] = None: an integer or a string"),
        ([0, 1.5, 0, 1], ValueError, r"y\[1\] = 1\.5"),
        ([0, 1, 2**63, 1], ValueError, r"y\[2\] = 9223372036854775808"),
        (np.array([0, 2**63, 0, 0], np.uint64), ValueError, r"y\[1\] = 9223"),
        ([0, 1, 0, float("inf")], ValueError, r"y\[3\] = inf"),
        ([b"a", b"b", b"a", b"b"], TypeError, r"y\[0\] = b'a'"),
        ([[1], [2], [1], [2]], TypeError, r"y\[0\] = \[1\]"),
        ([1, "a", 1, 1], TypeError, r"y mixes strings and integers \(1 of 4"),
        (np.array([1j] * 4), TypeError, r"y\[0\] = 1j"),
    ],
)
def test_bad_labels(y, error, message):
    with pytest.raises(error, match=message):
        as_image_set(X, y)


def test_labels_are_missing():
    for images in (X, torch.as_tensor(X), list(X)):
        with pytest.raises(ValueError, match=r"X has no labels: give y.*sub-folder"):
            as_image_set(images, labelled=True)
    image_set = as_image_set(X)
    assert image_set.labels is None
    assert len(image_set.classes) == 0


NUMBERS, NAMES = np.array([1, 3, 10]), np.array(["1", "bag", "coat"])


@pytest.mark.parametrize(
    ("y", "classes", "n", "indices"),
    [
        (3, NUMBERS, None, [1]),
        ("3", NUMBERS, 3, [1, 1, 1]),
        (np.int8(10), NUMBERS, 2, [2, 2]),
        (torch.tensor(10), NUMBERS, 2, [2, 2]),
        (3.0, NUMBERS, 0, []),
        (True, NUMBERS, 1, [0]),
        ([10, 3, 1, 3], NUMBERS, 4, [2, 1, 0, 1]),
        (np.array(["10", "1"]), NUMBERS, None, [2, 0]),
        (pd.Series([10, 1], index=[5, 6]), NUMBERS, 2, [2, 0]),
        (torch.tensor([10, 1]), NUMBERS, 2, [2, 0]),
        ("bag", NAMES, 2, [1, 1]),
        (np.str_("coat"), NAMES, None, [2]),
        (1, NAMES, None, [0]),
        (["coat", "bag"], NAMES, 2, [2, 1]),
    ],
)
def test_class_indices(y, classes, n, indices):
    found = class_indices(y, classes, n)
    assert found.dtype == np.int64
    assert found.tolist() == indices


@pytest.mark.parametrize(
    ("y", "classes", "n", "error", "message"),
    [
        (4, NUMBERS, 2, ValueError, "y = 4: unknown class, known: 1, 3, 10$"),
        ("03", NUMBERS, 2, ValueError, "y = '03': unknown class"),
        ("boot", NAMES, 2, ValueError, "y = 'boot': .*known: '1', 'bag', 'coat'$"),
        (["bag", "x"], NAMES, 2, ValueError, "y = 'x': unknown class"),
        (99, np.arange(50), 1, ValueError, r"known: 0, .*, 19 and 30 more$"),
        ([1, 3], NUMBERS, 3, ValueError, "y has 2 labels for 3 images"),
        ([3], NUMBERS, 3, ValueError, "y has 1 labels for 3 images"),
        (3, np.array([]), 1, ValueError, "y = 3: there are no classes"),
        (None, NUMBERS, 1, TypeError, r"y\[0\] = None"),
        (float("nan"), NUMBERS, 1, ValueError, r"y\[0\] = nan"),
        (np.ones((2, 2), int), NUMBERS, 2, ValueError, r"one dimension.*\(2, 2\)"),
    ],
)
def test_unknown_classes(y, classes, n, error, message):
    with pytest.raises(error, match=message):
        class_indices(y, classes, n)


def test_an_accent_may_be_typed_as_it_is_stored_or_composed():
    classes = np.array(["e\u0301te\u0301", "hiver"])
    assert class_indices(["\u00e9t\u00e9", "e\u0301te\u0301"], classes).tolist() == [
        0,
        0,
    ]
    both = np.array(["e\u0301", "\u00e9"])
    assert class_indices(["e\u0301", "\u00e9"], both).tolist() == [0, 1]
