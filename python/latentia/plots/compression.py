"""A photo and its low-rank approximations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentia._number_format import percent, times
from latentia.plots.grid import grid_axes, write_above
from latentia.plots.images import displayable, draw_image
from latentia.plots.theme import MUTED, theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Approximation:
    """A low-rank approximation of a photo, with its error and its compression ratio.

    Attributes
    ----------
    image : ndarray of shape (H, W) or (H, W, 3)
        The reconstruction, uint8 in 0..255 or float in 0..1.
    rank : int
        Number of components.
    relative_error : float
        ‖original − image‖ / ‖original‖ in the Frobenius norm.
    psnr : float
        Peak signal-to-noise ratio in dB.
    compression_ratio : float
        Numbers in the original divided by the numbers in the factors.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.plots import Approximation
    >>> photo = np.linspace(0.2, 1.0, 64).reshape(8, 8)
    >>> coarse = np.full((8, 8), 0.6)
    >>> found = Approximation.of(photo, coarse, rank=1, n_stored=16)
    >>> found.compression_ratio, round(found.relative_error, 2)
    (4.0, 0.36)
    """

    image: NDArray[Any]
    rank: int
    relative_error: float
    psnr: float
    compression_ratio: float

    @classmethod
    def of(
        cls,
        original: NDArray[np.floating],
        image: NDArray[np.floating],
        *,
        rank: int,
        n_stored: int,
    ) -> Approximation:
        """Measure ``image`` against ``original``, both with values in 0..1.

        Parameters
        ----------
        original, image : ndarray of shape (H, W) or (H, W, 3)
        rank : int
            Number of components.
        n_stored : int
            How many numbers the factors have.

        Raises
        ------
        ValueError
            If the shapes differ or ``original`` is all zero.
        """
        if original.shape != image.shape:
            raise ValueError(
                f"image must have the original's shape {original.shape}, "
                f"got {image.shape}"
            )
        size = float(np.linalg.norm(original))
        if size == 0:
            raise ValueError("original is all zero: it has no relative error")
        loss = float(np.linalg.norm(original - image))
        # PSNR = 10 log₁₀(peak² / mean squared error), with peak 1.
        psnr = math.inf if loss == 0 else 10 * math.log10(original.size / loss**2)
        return cls(image, rank, loss / size, psnr, original.size / n_stored)


def compression_grid(
    original: NDArray[Any], approximations: Sequence[Approximation]
) -> Figure:
    """Draw a photo and its approximations, each with rank, compression ratio and error.

    The error is ‖original − image‖ / ‖original‖; next to it stands the peak
    signal-to-noise ratio in dB, of which more is better.

    Parameters
    ----------
    original : ndarray of shape (H, W) or (H, W, 3)
        uint8 in 0..255 or float in 0..1.
    approximations : sequence of Approximation
        Shown in this order, after the original.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If an image cannot be shown or there is no approximation.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import plots
    >>> from latentia.datasets import load_photo
    >>> photo = load_photo("china")[::4, ::4].mean(axis=2) / 255
    >>> U, s, Vt = np.linalg.svd(photo, full_matrices=False)
    >>> def approximated(rank):
    ...     image = ((U[:, :rank] * s[:rank]) @ Vt[:rank]).clip(0, 1)
    ...     n_stored = rank * (sum(photo.shape) + 1)
    ...     return plots.Approximation.of(photo, image, rank=rank, n_stored=n_stored)
    >>> figure = plots.compression_grid(photo, [approximated(k) for k in (2, 8, 24)])
    """
    if not approximations:
        raise ValueError("approximations must not be empty")
    photos = [original, *(a.image for a in approximations)]
    for photo in photos:
        displayable(photo[None])
    titles = ["Original", *(f"Rank {a.rank}" for a in approximations)]
    captions = [
        " × ".join(map(str, original.shape[:2])),
        *(
            f"{times(a.compression_ratio)} smaller · error {percent(a.relative_error)}"
            f" · {a.psnr:.1f} dB"
            for a in approximations
        ),
    ]
    with theme():
        figure, cells = grid_axes(
            len(photos), 2, original.shape[0] / original.shape[1], head=0.43
        )
        for axes, photo, title, caption in zip(
            cells, photos, titles, captions, strict=True
        ):
            draw_image(axes, photo)
            write_above(axes, title, points=18, size=10.5, weight="bold")
            write_above(axes, caption, points=5, size=8.5, color=MUTED)
    return figure
