"""Rows and labels in the same shares of classes as in the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import check_count
from latentia.datasets.levels import plain_array
from latentia.evaluation._images import check_labels


def proportional_labels(labels: ArrayLike, n: int) -> NDArray[Any]:
    """Return n labels in the same shares of classes as in ``labels``.

    Generate images of these classes before they are compared with real ones. With
    classes of equal shares even a perfect generator has a bad score if a class is rare
    in the data.

    Parameters
    ----------
    labels : array-like of shape (m,)
        Labels of the real images: integers or strings.
    n : int
        Number of labels to return, at least 1.

    Returns
    -------
    ndarray of shape (n,)
        The number of each class is its share of n, rounded by largest remainders. The
        classes are mixed evenly, so the first labels have about the same shares.

    Raises
    ------
    ValueError, TypeError
        No labels, labels of another form, or an n below 1.

    Examples
    --------
    >>> from latentia.evaluation import proportional_labels
    >>> proportional_labels(["a"] * 30 + ["b"] * 10, 8).tolist()
    ['a', 'a', 'b', 'a', 'a', 'a', 'b', 'a']
    """
    n = check_count(n, "n", least=1)
    labels = plain_array(labels)
    known = check_labels(labels, labels.size, "labels")
    if not len(known):
        raise ValueError("labels must hold at least 1 label, got 0")
    classes, sizes = np.unique(known, return_counts=True)
    numbers = apportion(sizes, n)
    # The j-th of k images of a class is placed at (j + ½)/k of the whole.
    places = [(np.arange(k) + 0.5) / k for k in numbers.tolist()]
    order = np.argsort(np.concatenate(places), kind="stable")
    drawn: NDArray[Any] = np.repeat(classes, numbers)[order]
    return drawn


def apportion(sizes: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Divide n by the largest remainders of n · sizes / Σ sizes; the sum is n."""
    whole, rest = np.divmod(sizes.astype(np.int64) * n, int(sizes.sum()))
    most = np.argsort(-rest, kind="stable")[: n - int(whole.sum())]
    whole[most] += 1
    return whole.astype(np.intp)


def draw_by_class(
    labels: NDArray[Any], n: int, random: Any, *, leave: int = 0
) -> NDArray[np.intp]:
    """Return a stratified sample of at most n rows, sorted.

    At least ``leave`` rows of every class are not sampled.
    """
    classes, inverse, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    numbers = np.minimum(apportion(sizes, n), sizes - leave)
    rows = [
        random.permutation(np.flatnonzero(inverse == index))[: numbers[index]]
        for index in range(len(classes))
    ]
    return np.sort(np.concatenate(rows)).astype(np.intp)


def shares_apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the total variation distance ½ Σ |p − q| of two sets of labels."""
    classes = np.unique(np.concatenate([one, other]))
    p, q = (
        np.array([(side == label).mean() for label in classes.tolist()])
        for side in (one, other)
    )
    return float(np.abs(p - q).sum() / 2)


def in_words(labels: NDArray[Any], most: int = 4) -> str:
    """Return the shares of the classes, like "a 95 %, b 5 %", the largest first."""
    classes, sizes = np.unique(labels, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    shown = [
        f"{classes[i]} {100 * sizes[i] / len(labels):.3g} %"
        for i in order[:most].tolist()
    ]
    more = [f"{len(classes) - most} more"] if len(classes) > most else []
    return ", ".join(shown + more)
