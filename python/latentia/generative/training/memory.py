"""Out-of-memory errors that name the arguments to change and a size that fits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import Any

import torch

from latentia._room import NoRoomError, smaller
from latentia.generative.training.model_config import ModelConfig
from latentia.generative.training.presets import PRESETS

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")

STEP_BYTES = 128
"""Bytes of a step for each pixel of each image and each channel of the largest map,
measured with GANs (7.5 kB a pixel at a width of 64, 2.1 kB at 16) whose largest map is
that of the pixels; others need less."""

LEAST_BYTES = 16
"""The least that any network needs: the real and the generated image and their
gradients, in float32, with one channel."""


@contextmanager
def explain_out_of_memory(config: ModelConfig, device: torch.device) -> Iterator[None]:
    """Turn PyTorch's error into a MemoryError that names what to reduce."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_full(error):
            raise
        _, height, width = config.shape
        room = memory_of(device) / (STEP_BYTES * config.width * config.batch_size)
        ways = [f"size={smaller((height, width), room)}"]
        if config.batch_size > 2:
            ways.append(f"batch_size={config.batch_size // 2}")
        if config.width > PRESETS["tiny"].width:
            ways.append("preset='tiny'")
        raise MemoryError(
            f"batch_size={config.batch_size} with preset={config.preset!r} needs "
            f"more memory than there is for images of {height} × {width}: choose "
            f"{' or '.join(ways)} ({str(error).splitlines()[0]})"
        ) from None


@contextmanager
def explain_large_images(size: tuple[int, int] | None) -> Iterator[None]:
    """Turn the error of images that do not fit into a MemoryError with advice."""
    try:
        yield
    except NoRoomError:
        raise
    except (RuntimeError, MemoryError) as error:
        if not _is_full(error):
            raise
        now = "their own size" if size is None else f"size={size}"
        raise MemoryError(
            f"the images do not fit into memory at {now}: choose a smaller size="
            f"{'' if size is None else (size[0] // 2, size[1] // 2)}, or fewer of them"
        ) from None


def check_fits(size: Any, preset: str, batch_size: Any, device: torch.device) -> None:
    """Raise before anything is allocated if no step with such images could fit.

    Raises
    ------
    MemoryError
        With a size that would fit.
    """
    if size is None:
        return
    named = PRESETS.get(preset, PRESETS["tiny"])
    batch = named.batch_size if batch_size is None else int(batch_size)
    there = memory_of(device)
    needed = LEAST_BYTES * batch * prod(map(int, size))
    if needed > there:
        room = there / (STEP_BYTES * named.width * batch)
        raise MemoryError(
            f"size={tuple(size)} with batch_size={batch} needs at least "
            f"{needed / 2**30:,.0f} GiB, there are {there / 2**30:,.1f}: choose "
            f"size={smaller(size, room)}"
        )


def memory_of(device: torch.device) -> int:
    """Return the memory of a device in bytes, on a CPU that of this process."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    limits = []
    with suppress(OSError, ValueError, AttributeError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # ValueError: "max"
            limits.append(int(Path("/sys/fs/cgroup", name).read_text()))
    return min(limits, default=2**63)


def _is_full(error: Exception) -> bool:
    full = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return full or any(sign in str(error) for sign in _SIGNS)
