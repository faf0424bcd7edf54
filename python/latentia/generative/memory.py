"""Running out of memory, told in the terms of the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from latentia.generative.setting import Setting

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def name_the_batch(setting: Setting) -> Iterator[None]:
    """Turn PyTorch's error into a MemoryError that says what to make smaller."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        full = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not full and not any(sign in str(error) for sign in _SIGNS):
            raise
        raise MemoryError(
            f"batch_size={setting.batch_size} with preset={setting.preset!r} needs "
            "more memory than there is: make either smaller "
            f"({str(error).splitlines()[0]})"
        ) from None
