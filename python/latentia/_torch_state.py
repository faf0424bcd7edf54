"""What PyTorch keeps for a whole thread or process, set as models need it.

A user may have set another grad mode, default type or default device, and other threads
may train or draw at the same time. Nothing here changes what the process has: contexts
hold for this thread alone, and random numbers come from a generator of our own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch.overrides import TorchFunctionMode

P = ParamSpec("P")
R = TypeVar("R")

_FLOATS = (torch.empty, torch.ones, torch.rand, torch.randn, torch.zeros)
"""Make numbers of the default type, which here is float32."""

_DRAWING = (torch.rand, torch.randn, torch.Tensor.normal_, torch.Tensor.uniform_)


def with_own_state(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function find PyTorch as it is when it is started."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with _own_state():
            return function(*args, **kwargs)

    return inside


@contextmanager
def _own_state() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for device in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        # It costs microseconds a call, so only where there is need.
        if torch.get_default_device() != torch.device("cpu"):
            stack.enter_context(torch.device("cpu"))
        yield


@contextmanager
def bfloat16(device: torch.device) -> Iterator[None]:
    """Compute in bfloat16, with weights as they are now.

    PyTorch keeps converted weights until its outermost autocast ends. If that is the
    caller's, all steps of a training would see the first ones.
    """
    with torch.autocast(device.type, torch.bfloat16):
        yield
    torch.clear_autocast_cache()


@contextmanager
def building(seed: int) -> Iterator[None]:
    """Make parameters in float32 on the CPU, random ones from the seed alone."""
    with torch.device("cpu"), _Building(torch.Generator("cpu").manual_seed(seed)):
        yield


class _Building(TorchFunctionMode):
    """Gives calls the type and the generator that they would take from the process."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        given = dict(kwargs or {})
        if func in _FLOATS and given.get("dtype") is None:
            given["dtype"] = torch.float32
        draws = func in _DRAWING or _takes_generator(func)
        if draws and given.get("generator") is None:
            given["generator"] = self._generator
        return func(*args, **given)


@cache
def _takes_generator(func: Any) -> bool:
    """Tell whether it is an initialisation that draws."""
    is_init = getattr(func, "__module__", None) == "torch.nn.init"
    return is_init and "generator" in inspect.signature(func).parameters
