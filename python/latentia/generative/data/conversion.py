"""Arrays, tensors, folders and datasets converted to images to train on."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from latentia._torch_state import with_own_state
from latentia._warnings import warn_caller
from latentia.generative.data.arrays import read_array
from latentia.generative.data.folder import read_folder
from latentia.generative.data.image_set import ImageSet
from latentia.generative.data.labels import encode
from latentia.generative.data.resize import check_mode, check_size
from latentia.generative.data.torch_dataset import read_dataset


@runtime_checkable
class SupportsArray(Protocol):
    """What NumPy converts to an array without reading item by item."""

    def __array__(self) -> NDArray[Any]:
        """Return the array."""


@with_own_state
def as_image_set(
    X: Any,
    y: Any = None,
    *,
    size: tuple[int, int] | None = None,
    mode: str | None = None,
    labelled: bool = False,
    least: int = 2,
    copies: int = 1,
    name: str = "X",
) -> ImageSet:
    """Return images in the form that models train on.

    No more than one copy of them is made, of one byte a value; a contiguous array or
    tensor of uint8 with its channels in front, or with only one, is not copied.

    Parameters
    ----------
    X : array, tensor, path-like, Dataset or sequence
        ==================  ============================================================
        array               (n, H, W) or (n, H, W, C)
        ``torch.Tensor``    (n, H, W) or (n, C, H, W), on any device
        path                of a folder or a .zip file; see
                            `latentia.datasets.load_image_folder`
        Dataset, sequence   items are an image, (image, label), a dictionary with
                            "image" and "label", or the path of a picture file
        ==================  ============================================================

        1 to 4 channels; integers 0..255, floats 0..1 (rounded to 255ths) or booleans;
        any height and width from 8 up.
    y : array-like of shape (n,) or None
        Integers or strings. None takes the labels that X has: a Dataset's own, or the
        names of the sub-folders.
    size : (height, width) or None
        Size that every image is converted to: scaled so that it covers it, keeping its
        proportions, then cut to it about its centre. None leaves arrays as they are;
        a folder's pictures then get the median height and width among them.
    mode : {"L", "RGB", "RGBA"} or None
        Mode that every image is converted to: grey, colour, colour with transparency.
        Where it has no transparency, images are laid over white. None leaves arrays as
        they are; a folder's pictures then get the mode that all have, or "RGB".
    labelled : bool
        Whether labels are needed; if not, those of a Dataset that are not integers or
        strings, such as lists of attributes, are ignored.
    least : int
        How many images are needed.
    copies : int
        Number of copies that must fit into memory.
    name : str
        Name of X in the error message about too few images.

    Returns
    -------
    image_set : ImageSet

    Warns
    -----
    UserWarning
        Pictures of a folder were left out, or enlarged without being asked for; or all
        values are the integers 0 and 1.

    Raises
    ------
    TypeError, ValueError
        An argument is not what is allowed, labels are missing, or images are too few.
    OSError
        The folder cannot be listed.
    MemoryError
        They do not fit into memory; the message has a size that does.
    ImportError
        Pillow is missing, which folders and `size` need.
    """
    size, mode = check_size(size), check_mode(mode)
    found: Any = None
    skipped: tuple[tuple[Path, str], ...] = ()
    if isinstance(X, str | PathLike):
        images, found, skipped = read_folder(X, size, mode, copies)
    elif isinstance(X, torch.Tensor):
        images = read_array(X, size, mode=mode, copies=copies)
    elif isinstance(X, SupportsArray):
        array = np.asarray(X)
        if array.ndim == 1 and array.dtype.kind in "OUT":
            # A column of paths, or of pictures.
            images, found = read_dataset(array.tolist(), size, mode, copies)
        else:
            images = read_array(array, size, mode=mode, copies=copies)
    else:
        images, found = read_dataset(X, size, mode, copies)

    if len(images) < least:
        left_out = f" ({len(skipped)} were left out)" if skipped else ""
        raise ValueError(
            f"{name} has {len(images)} image(s){left_out}, {least} are needed"
        )
    if int(images.max()) == 1:
        warn_caller(
            f"{name} has only the levels 0 and 1 of 0..255, which are nearly black: "
            "give booleans, X.astype(bool), for black and white",
            UserWarning,
        )
    if y is None and found is None:
        if labelled:
            raise ValueError(
                "X has no labels: give y with one for each image, a folder with a "
                "sub-folder for each class, or a Dataset of (image, label)"
            )
        return ImageSet(images, None, np.empty(0, dtype=np.int64), skipped)
    if y is not None:
        labels, classes = encode(y, len(images))
        return ImageSet(images, labels, classes, skipped)
    try:
        labels, classes = encode(found, len(images), name="label of X")
    except (TypeError, ValueError):
        if labelled:
            raise
        return ImageSet(images, None, np.empty(0, dtype=np.int64), skipped)
    return ImageSet(images, labels, classes, skipped)
