"""The corpus of docstrings."""

import inspect

import numpy as np
import pytest

from latentia.datasets import load_docstrings


@pytest.fixture(scope="module")
def documents():
    return load_docstrings()


def test_texts_are_many_different_and_long_enough(documents):
    assert len(documents.texts) > 1500
    assert len(set(documents.texts)) == len(documents.texts)
    assert min(map(len, documents.texts)) >= 200
    assert len(documents.names) == len(documents.groups) == len(documents.texts)


def test_texts_are_those_of_what_is_named(documents):
    place = list(zip(documents.groups, documents.names, strict=True))
    text = documents.texts[place.index(("numpy.fft", "rfft"))]
    assert text == inspect.getdoc(np.fft.rfft)
    packages = {group.split(".")[0] for group in documents.groups}
    assert packages == {"numpy", "scipy", "sklearn"}


def test_they_come_in_the_same_order_each_time(documents):
    assert load_docstrings() == documents
