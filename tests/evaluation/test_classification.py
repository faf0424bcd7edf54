"""Scores that a classifier gives."""

import numpy as np
import pytest

from latentia.evaluation import conditional_accuracy, train_on_generated


class Brightness:
    """Takes the brighter half for the class."""

    classes = np.array(["a", "b"])

    def predict(self, images):
        left, right = (half.mean(axis=(1, 2)) for half in np.split(images, [4], axis=2))
        return (right > left).astype(np.int64)


def test_conditional_accuracy(squares):
    images, labels = squares(40)
    assert conditional_accuracy(Brightness(), images, labels) == 1
    assert conditional_accuracy(Brightness(), images, labels[::-1]) == 0
    wanted = np.where(np.arange(40) < 10, "a", labels)
    assert conditional_accuracy(Brightness(), images / 255, wanted) == 35 / 40


def test_unknown_labels(squares):
    images, labels = squares(4)
    with pytest.raises(ValueError, match="wanted must be among 'a', 'b', got 'c'"):
        conditional_accuracy(Brightness(), images, ["a", "b", "c", "a"])
    with pytest.raises(ValueError, match="must be among 'a', 'b', got 0"):
        conditional_accuracy(Brightness(), images, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="wanted must have one entry for each of 4"):
        conditional_accuracy(Brightness(), images, labels[:3])


def test_train_on_generated(squares, monkeypatch):
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 3)
    made, component_of_row = squares(60)
    real, labels = squares(50, seed=1)
    assert (
        train_on_generated(made, component_of_row, real, labels, random_state=0) > 0.9
    )
    # Half of the classes swapped is worse than chance can be on the others.
    wrong = np.where(component_of_row == "a", "b", "a")
    assert train_on_generated(made, wrong, real, labels, random_state=0) < 0.1
    with pytest.raises(ValueError, match=r"generated_labels must be among .* got 'c'"):
        train_on_generated(made[:3], ["a", "b", "c"], real, labels)
