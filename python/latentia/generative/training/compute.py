"""Device, precision and processes of a training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from latentia._arguments import check_choice
from latentia._threads import usable_threads
from latentia._torch_state import bfloat16

PRECISIONS = ("auto", "float32", "bfloat16")

_DEVICES = "'auto', 'cpu', 'cuda' or 'mps'"


@dataclass(frozen=True)
class Compute:
    """The device of this process, and the other processes.

    Several processes, started by ``torchrun``, share every step: each computes a part
    of the batch, and gradients are averaged. The result is that of one process with the
    whole batch, except for batch normalisation, which uses the part.
    """

    device: torch.device
    bfloat16: bool
    fabric: Any = None

    @property
    def rank(self) -> int:
        """Number of this process; 0 writes the files."""
        return 0 if self.fabric is None else int(self.fabric.global_rank)

    @property
    def n_processes(self) -> int:
        """Number of processes."""
        return 1 if self.fabric is None else int(self.fabric.world_size)

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which networks run."""
        if not self.bfloat16:
            return nullcontext()
        return bfloat16(self.device)

    def generator(self) -> torch.Generator:
        """Return a source of random numbers; with Apple's GPUs one on the CPU.

        Theirs is not known to give the same numbers in every version.
        """
        return torch.Generator("cpu" if self.device.type == "mps" else self.device)

    def average(self, tensors: list[Tensor]) -> None:
        """Replace tensors by their mean over the processes."""
        if self.n_processes == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        mean = self.fabric.all_reduce(flat, reduce_op="mean")
        for tensor, part in zip(
            tensors, mean.split([t.numel() for t in tensors]), strict=True
        ):
            tensor.copy_(part.view_as(tensor))

    def broadcast(self, value: float) -> float:
        """Return the first process's value in all processes."""
        if self.n_processes == 1:
            return value
        return float(self.fabric.broadcast(float(value)))

    def any(self, flag: bool) -> bool:
        """Tell whether the flag is set in some process."""
        if self.n_processes == 1:
            return flag
        count = torch.tensor(float(flag), device=self.device)
        return bool(self.fabric.all_reduce(count, reduce_op="sum") > 0)


@contextmanager
def cpu_threads(most: int | None = None) -> Iterator[None]:
    """Let PyTorch use no more threads than the kernels do, or no more than ``most``.

    PyTorch counts the machine's cores. A container may have fewer, and then several
    threads are much slower than one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(min(before, most or usable_threads()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_compute(device: object, precision: object, *, train: bool = True) -> Compute:
    """Resolve the arguments of a model.

    Parameters
    ----------
    device : str
        "auto" is CUDA if it is available, else Apple's GPU, else the CPU.
    precision : {"auto", "float32", "bfloat16"}
        "auto" is bfloat16 if the device supports it: products are then rounded to 8
        bits, weights and losses stay in float32.
    train : bool
        Whether to join the processes that ``torchrun`` started.

    Raises
    ------
    ValueError
        If there is no such device, or the argument is another.
    """
    chosen = choose_device(device)
    wanted = check_choice(precision, "precision", PRECISIONS)
    if chosen.type == "mps" and wanted == "bfloat16":
        raise ValueError("precision='bfloat16' is for CPU and CUDA, not for 'mps'")
    fast = _has_bfloat16(chosen)
    compute = Compute(chosen, fast if wanted == "auto" else wanted == "bfloat16")
    n_processes = int(os.environ.get("WORLD_SIZE", "1"))
    if train and n_processes > 1 and chosen.type == "mps":
        raise ValueError(
            f"device={device!r}: {n_processes} processes share a CPU or CUDA devices, "
            "not Apple's GPU; choose device='cpu'"
        )
    return _joined(compute, n_processes) if train and n_processes > 1 else compute


def choose_device(device: object) -> torch.device:
    """Return the device, or raise if it is not available."""
    if not isinstance(device, str):
        raise TypeError(f"device must be {_DEVICES}, got {device!r}")
    if device == "auto":
        there = torch.cuda.is_available(), torch.backends.mps.is_available()
        return torch.device("cuda" if there[0] else "mps" if there[1] else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in ("cpu", "cuda", "mps"):
        raise ValueError(f"device must be {_DEVICES}, got {device!r}")
    if chosen.type == "cuda":
        n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (chosen.index or 0) >= n_devices:
            raise ValueError(
                f"device={device!r}: PyTorch sees {n_devices} CUDA devices here; "
                "device='auto' uses what is available"
            )
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(
            f"device={device!r}: PyTorch sees no GPU of Apple's here; device='auto' "
            "uses what is available"
        )
    return chosen


def _has_bfloat16(device: torch.device) -> bool:
    """Return whether bfloat16 is faster: on CPUs with AVX-512 BF16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "mps":
        return False
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def _joined(compute: Compute, n_processes: int) -> Compute:
    from lightning_fabric import Fabric

    local = int(os.environ.get("LOCAL_WORLD_SIZE", n_processes))
    fabric = Fabric(
        accelerator=compute.device.type,
        devices=local,
        num_nodes=n_processes // local,
        strategy="ddp",
    )
    fabric.launch()
    return Compute(fabric.device, compute.bfloat16, fabric)
