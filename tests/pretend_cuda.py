"""A CUDA device that is not there: tensors say that they are on it and are on the CPU.

``FakeTensorMode`` takes ``device="cuda"`` without a card too, but its tensors have no
values, and the autograd of a CPU build ends the process where one of them needs a
gradient. Here operations are those of the CPU, so that whole fits run and their results
can be compared. Each memory has a device that follows from the operation that made it:

- an operation on tensors of two devices raises, as on a card. Numbers (no axis) of the
  CPU, and CPU indices of tensors on CUDA, are allowed there and here;
- a tensor on CUDA cannot become an array before ``.cpu()``.

What it cannot show: kernels of CUDA, streams, and memory.
"""

from contextlib import contextmanager

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
aten = torch.ops.aten

MESSAGE = "Expected all tensors to be on the same device, but found at least two"


class Devices:
    """Where memory is; unknown of what autograd makes of nothing, such as zeros."""

    def __init__(self):
        self._places = {}

    def known(self, tensor):
        """Return the device, or None."""
        return self._places.get(_memory(tensor)._cdata, (None,))[0]

    def of(self, tensor):
        return self.known(tensor) or CPU

    def put(self, tensor, device):
        storage = _memory(tensor)
        # The weak reference keeps the address from being used again.
        place = CUDA if device.type == "cuda" else CPU
        self._places[storage._cdata] = place, StorageWeakRef(storage)
        return tensor


def _memory(tensor):
    dense = tensor if tensor.layout == torch.strided else tensor.values()
    return dense.untyped_storage()


class Operations(TorchDispatchMode):
    """Checks the devices of operands; a result is where they are."""

    def __init__(self, devices):
        super().__init__()
        self._devices = devices

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        operands = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        places = [self._devices.known(t) for t in operands]
        packet = getattr(func, "overloadpacket", None)
        if packet in (aten.copy_, aten.index, aten.index_put_, aten.index_put):
            place = places[0]
            others = {p for p in places[1:] if p is not None}
            if packet is aten.index and place == CPU and CUDA in others:
                raise RuntimeError(f"{MESSAGE}: indices on CUDA ({func})")
            if packet in (aten.index_put_, aten.index_put):
                self._check([operands[0], args[2]], func)
        else:
            place = self._check(operands, func)
        device = kwargs.get("device")
        if device is not None:
            kwargs["device"] = CPU
            # C++ asks for the CPU here, as that is where memory is.
            place = place or (CUDA if torch.device(device).type == "cuda" else None)
        made = func(*args, **kwargs)
        for tensor in tree_leaves(made) if place is not None else ():
            if isinstance(tensor, Tensor):
                self._devices.put(tensor, place)
        return made

    def _check(self, operands, func):
        """Return where the operands are, or raise if they are on two devices."""
        places = {self._devices.known(t) for t in operands if t.ndim} - {None}
        if len(places) > 1:
            raise RuntimeError(f"{MESSAGE} ({func})")
        numbers = {self._devices.known(t) for t in operands if not t.ndim} - {None}
        if CUDA in numbers and CPU in places:
            raise RuntimeError(f"{MESSAGE}: a number on CUDA ({func})")
        return CUDA if CUDA in places | numbers else next(iter(places | numbers), None)


class Calls(TorchFunctionMode):
    """What a caller sees: the device of a tensor, and copies to another."""

    def __init__(self, devices):
        super().__init__()
        self._devices = devices

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        devices = self._devices
        if func == Tensor.device.__get__:
            return devices.of(args[0])
        if func == Tensor.is_cuda.__get__:
            return devices.of(args[0]).type == "cuda"
        if func in (Tensor.to, Tensor.cpu, Tensor.cuda):
            return self._copied(func, *args, **kwargs)
        if func is Tensor.pin_memory:
            return args[0].clone()
        if func in (Tensor.numpy, Tensor.__array__):
            if devices.of(args[0]).type == "cuda":
                raise TypeError("can't convert cuda:0 device type tensor to numpy")
            return func(*args, **kwargs)
        device = kwargs.get("device")
        if device is not None and torch.device(device).type == "cuda":
            if func is torch.as_tensor and isinstance(args[0], Tensor):
                return self._copied(Tensor.to, *args, **kwargs)
            generator = kwargs.get("generator")
            assert generator is None, "a generator of the CPU draws on the CPU"
            return devices.put(func(*args, **{**kwargs, "device": CPU}), CUDA)
        made = func(*args, **kwargs)
        if isinstance(made, Tensor) and devices.known(made) is None:
            devices.put(made, CPU)
        return made

    def _copied(self, func, tensor, *args, **kwargs):
        here = self._devices.of(tensor)
        device, found = {Tensor.cpu: CPU, Tensor.cuda: CUDA}.get(func), tensor
        if func is Tensor.to:
            if args and isinstance(args[0], Tensor):
                device, args = self._devices.of(args[0]), (args[0].dtype, *args[1:])
                found = tensor.to(*args, **kwargs)
            else:
                copy = kwargs.pop("copy", False)
                device, dtype, _, layout = torch._C._nn._parse_to(*args, **kwargs)
                formats = {} if layout is None else {"memory_format": layout}
                found = tensor.to(dtype or tensor.dtype, copy=copy, **formats)
        if device is None or device.type == here.type:
            return found
        if found.untyped_storage()._cdata == tensor.untyped_storage()._cdata:
            found = found.clone()
        return self._devices.put(found, device)


@contextmanager
def pretend_cuda(monkeypatch):
    """Run as on a machine with one CUDA device."""
    free = 1 << 34
    for name, value in {
        "is_available": True,
        "device_count": 1,
        "mem_get_info": (free, free),
        "is_bf16_supported": False,
        "empty_cache": None,
    }.items():
        monkeypatch.setattr(
            torch.cuda, name, lambda *args, value=value, **kwargs: value
        )
    devices = Devices()
    with Calls(devices), Operations(devices):
        yield devices
