import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from latentia import NMF, PCA, GaussianMixture
from latentia.plots import parts, png

X = np.random.default_rng(0).random((12, 9))


def test_components_of_square_images():
    model = NMF(3).fit(X)
    figure = parts(model)
    for axes, row in zip(figure.axes, model.components_, strict=True):
        (image,) = axes.images
        expected = row.reshape(3, 3) / row.max()
        np.testing.assert_allclose(image.get_array(), expected, atol=1e-6)
    assert png(figure)


def test_signed_components_have_a_grey_zero(words):
    figure = parts(PCA(2).fit(X[:, :6]), shape=(2, 3))
    assert figure.axes[0].images[0].get_array().shape == (2, 3)
    assert "0" in words(figure)


def test_names_of_a_data_frame_are_listed(words):
    H = np.array([[0.0, 3, 1], [0, 0, 0], [2, 0, 0]])
    frame = pd.DataFrame(X[:, :3], columns=["egg", "$ham", "tea"])
    model = NMF(3).fit(frame)
    model.components_ = H
    assert words(parts(model, n_features=2)) == {
        *("component 0", "$ham", "tea"),
        *("component 2", "egg"),  # component 1 is zero
    }
    assert "feature 1" in words(parts(H))
    assert "b" in words(parts(H, feature_names=["a", "b", "c"]))


def test_what_cannot_be_drawn():
    with pytest.raises(NotFittedError):
        parts(NMF(2))
    with pytest.raises(ValueError, match=r"shape must be.*9 pixels, got \(2, 4\)"):
        parts(X, shape=(2, 4))
    with pytest.raises(ValueError, match=r"shape must be.*got \(-3, -3\)"):
        parts(X, shape=(-3, -3))
    with pytest.raises(TypeError, match=r"components_ \(NMF.*got GaussianMixture"):
        parts(GaussianMixture(1).fit(X))
    with pytest.raises(TypeError, match="components must be an array of numbers"):
        parts("abc")
    with pytest.raises(ValueError, match=r"one name per feature \(9\), got 1"):
        parts(X, feature_names=["a"])
    with pytest.raises(ValueError, match=r"must not be negative.*got -1"):
        parts([[-1.0, 2, 3]])
    with pytest.raises(ValueError, match="all zero"):
        parts(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="n_features must be at least 1, got 0"):
        parts(X[:, :3], n_features=0)
    with pytest.raises(ValueError, match=r"components must be finite.*got \(2,\)"):
        parts([1.0, 2])


def test_equal_names_have_a_bar_each():
    figure = parts([[3.0, 2.0, 1.0]], feature_names=["a", "b", "a"])
    shown = [text.get_text() for axes in figure.axes for text in axes.texts]
    shown += [t.get_text() for axes in figure.axes for t in axes.get_yticklabels()]
    assert {"a (0)", "b", "a (2)"} <= {*shown}
