"""Where the suites get their matrices from."""

from collections.abc import Callable
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from latentia import datasets

A = TypeVar("A", bound=Any)  # a matrix, dense or sparse: its rows can be sliced
DType: TypeAlias = Literal["float32", "float64"]

N_FASHION_MNIST = {"small": 3_000, "full": 60_000}
"""How many of its pictures a size takes."""


class Source(NamedTuple, Generic[A]):
    """A matrix by name; ``make`` can be sent to another process.

    It raises FileNotFoundError if its data are not on this machine.
    """

    name: str
    make: Callable[[], A]


def fashion_mnist(n: int) -> NDArray[np.float32]:
    """Return the first ``n`` pictures of Fashion-MNIST, a row each.

    Parameters
    ----------
    n : int

    Returns
    -------
    ndarray of shape (n, 784)
        0 to 255.

    Raises
    ------
    FileNotFoundError
        If the data set is not on this machine.
    """
    pictures = datasets.load_fashion_mnist().images[:n]
    return pictures.reshape(n, -1).astype(np.float32)
