"""Arrays and tensors of images: from any type and layout to bytes, and back."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latentia._room import check_room
from latentia.datasets.images import Mode
from latentia.datasets.levels import as_bytes, plain_array
from latentia.generative.data.resize import LEAST_SIDE, mode_of, resize

_BLOCK = 2**22
"""Values that are converted at a time, so that no second copy of all is ever made."""


def read_array(
    X: NDArray[Any] | torch.Tensor,
    size: tuple[int, int] | None = None,
    *,
    mode: Mode | None = None,
    item: int | None = None,
    copies: int = 1,
) -> torch.Tensor:
    """Return images as bytes, channels first.

    Parameters
    ----------
    X : ndarray of shape (n, H, W) or (n, H, W, C), or Tensor (n, H, W) or (n, C, H, W)
        Integers 0..255, floats 0..1 (rounded to 255ths) or booleans (black and white),
        in any layout and on any device.
    size : (height, width) or None
    mode : {"L", "RGB", "RGBA"} or None
        As `resize` has them.
    item : int or None
        What error messages call the only image of X; None counts from 0.
    copies : int
        How often memory must have room for what is not shared.

    Returns
    -------
    images : Tensor of uint8, shape (n, C, H, W)
        On the CPU and contiguous; where X is that already, it shares its memory.

    Raises
    ------
    TypeError, ValueError
        X has another shape or type, NaN, or values outside its type's range.
    """
    name = "X" if item is None else f"X[{item}]"
    planes = _channels_first(X, name)
    n, n_channels, *own_size = planes.shape
    wanted = size or (own_size[0], own_size[1])
    _check_sides(wanted, name)
    as_they_are = wanted == tuple(own_size) and mode in (None, mode_of(n_channels))
    if as_they_are and (shared := _without_copy(planes)) is not None:
        return shared
    shape = (n, n_channels if mode is None else len(mode), *wanted)
    if item is None:
        check_room(shape, copies)
    images = torch.empty(shape, dtype=torch.uint8, device="cpu")
    step = max(1, _BLOCK // math.prod(planes.shape[1:]))
    for start in range(0, n, step):
        block = plain_array(planes[start : start + step])
        bytes_ = as_bytes(block, start if item is None else item)
        images.numpy()[start : start + step] = resize(bytes_, wanted, mode)
    return images


def check_finite(images: torch.Tensor, first: int = 0) -> None:
    """Raise if a pixel is NaN; the images are numbered from ``first`` on."""
    faults = images.isnan().flatten(1).any(dim=1).nonzero()
    if len(faults):
        number = first + int(faults[0])
        raise ValueError(f"image {number} is not finite: its code is too large")


def to_numpy(images: torch.Tensor) -> NDArray[np.uint8]:
    """Return images as the user gets them.

    Parameters
    ----------
    images : Tensor of uint8, or of floats 0..1 (clipped to it), shape (n, C, H, W)

    Returns
    -------
    images : ndarray of uint8, shape (n, H, W) with one channel, else (n, H, W, C)
    """
    images = images.detach()
    if images.is_floating_point():
        images = images.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    last = images[:, 0] if images.shape[1] == 1 else images.permute(0, 2, 3, 1)
    array: NDArray[np.uint8] = last.cpu().contiguous().numpy()
    return array


def _channels_first(X: Any, name: str) -> Any:
    """View X as (n, C, H, W), or raise unless it has such a shape."""
    is_tensor = isinstance(X, torch.Tensor)
    shape = tuple(X.shape)
    if len(shape) == 3:
        return _dense(X)[:, None]
    channels, elsewhere = (1, 3) if is_tensor else (3, 1)
    if len(shape) == 4 and 1 <= shape[channels] <= 4:
        return _dense(X) if is_tensor else X.transpose(0, 3, 1, 2)

    allowed = "(H, W) or (C, H, W)" if is_tensor else "(H, W) or (H, W, C)"
    message = (
        f"{name} has images of shape {shape[1:]}: {allowed} is allowed, with 1 to 4 "
        f"channels C, for a {'tensor' if is_tensor else 'NumPy array'}"
    )
    if len(shape) == 4 and 1 <= shape[elsewhere] <= 4:
        move = "torch.movedim(X, -1, -3)" if is_tensor else "np.moveaxis(X, -3, -1)"
        message += f"; {move} moves the channels there"
    if len(shape) == 2:
        message += "; X.reshape(-1, H, W) makes images of rows of pixels"
    raise ValueError(message)


def _dense(X: Any) -> Any:
    is_sparse = isinstance(X, torch.Tensor) and X.layout != torch.strided
    return X.to_dense() if is_sparse else X


def _check_sides(size: Sequence[int], name: str) -> None:
    if min(size) < LEAST_SIDE:
        raise ValueError(
            f"{name} has images of {size[0]}×{size[1]} pixels (height × width), at "
            f"least {LEAST_SIDE}×{LEAST_SIDE} is needed; size=(height, width) scales "
            "them up"
        )


def _without_copy(planes: Any) -> torch.Tensor | None:
    """Return planes as they are if they are bytes, contiguous and on the CPU."""
    if isinstance(planes, torch.Tensor):
        fits = planes.dtype == torch.uint8 and planes.device.type == "cpu"
        return planes.detach() if fits and planes.is_contiguous() else None
    if planes.dtype != np.uint8 or not planes.flags.c_contiguous:
        return None
    with warnings.catch_warnings():
        # A read-only array is as good as any, as the images are never written to.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        flat = torch.from_numpy(planes.reshape(-1))
    return flat.view(planes.shape)
