"""Conversion of image values of any type to bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def plain_array(values: Any) -> NDArray[Any]:
    """Return an array, a tensor of any kind or nested lists as an ndarray."""
    if not hasattr(values, "detach"):
        return np.asarray(values)
    # A tensor of torch, which need not be installed for all the others.
    tensor = values.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":
        tensor = tensor.float()
    array: NDArray[Any] = tensor.numpy()
    return array


def as_bytes(
    block: NDArray[Any], first: int = 0, *, name: str = "X"
) -> NDArray[np.uint8]:
    """Return values of images as uint8, or raise.

    Parameters
    ----------
    block : ndarray of shape (n, ...)
        Integers 0..255, floats 0..1 (rounded to multiples of 1/255, so a value slightly
        above 1 is allowed) or booleans (black and white).
    first : int
        Number of the first image, for error messages.
    name : str
        Name of the images in error messages.

    Returns
    -------
    levels : ndarray of uint8, of the same shape
        ``block`` itself if its type is uint8.

    Raises
    ------
    TypeError, ValueError
        Values are of another type, NaN, or out of range.
    """
    if block.dtype == np.uint8:
        return block
    if block.dtype.kind == "b":
        return block.astype(np.uint8) * np.uint8(255)
    if block.dtype.kind not in "iuf":
        raise TypeError(
            f"{name} must be integers in 0..255, floats in 0..1 or booleans, got "
            f"{block.dtype.name} in {name}[{first}]"
        )
    levels: NDArray[Any] = block
    if block.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            levels = np.multiply(block, 255, dtype=np.result_type(block, np.float32))
        np.rint(levels, out=levels)
    is_good = ((levels >= 0) & (levels <= 255)).reshape(len(block), -1).all(axis=1)
    if not is_good.all():
        number = int(np.argmin(is_good))
        raise ValueError(f"{name}[{first + number}] has {_fault(block, number, name)}")
    found: NDArray[np.uint8] = levels.astype(np.uint8)
    return found


def _fault(block: NDArray[Any], number: int, name: str) -> str:
    """Say what is wrong with the values of an image, and what would be right."""
    if block.dtype.kind != "f":
        return (
            f"values from {block[number].min()} to {block[number].max()}: integers "
            "must be in 0..255"
        )
    if not np.isfinite(block[number]).all():
        return "NaN or infinity: floats must be in 0..1"
    # The range of the whole block shows the scale better than one image.
    known = block[np.isfinite(block)]
    low, high = float(known.min()), float(known.max())
    if low < 0:
        signed = low >= -1 and high <= 1
        span = "({0}.max() - {0}.min())"
        advice = "({0} + 1) / 2" if signed else "({0} - {0}.min()) / " + span
    else:
        scales = (scale for scale in (255, 65535) if scale / 2 < high <= scale)
        advice = "{0} / " + str(next(scales, "{0}.max()"))
    return (
        f"values outside 0..1, {name} goes from {low:g} to {high:g}: floats must be "
        f"in 0..1, such as {advice.format(name)}"
    )
