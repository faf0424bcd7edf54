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
    """Which memory is on CUDA."""

    def __init__(self):
        self._there = {}

    def of(self, tensor):
        key = _memory(tensor)._cdata
        return CUDA if key in self._there else CPU

    def put(self, tensor, device):
        storage = _memory(tensor)
        if device.type == "cuda":
            # The weak reference keeps the address from being used again.
            self._there[storage._cdata] = StorageWeakRef(storage)
        else:
            self._there.pop(storage._cdata, None)
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
        there = [self._devices.of(t).type == "cuda" for t in operands]
        on_cuda = any(there)
        packet = getattr(func, "overloadpacket", None)
        if packet in (aten.copy_, aten.index, aten.index_put_, aten.index_put):
            on_cuda = bool(there) and there[0]
            if packet is not aten.copy_ and any(there) and not on_cuda:
                raise RuntimeError(f"{MESSAGE}: CPU rows, CUDA indices ({func})")
            if packet in (aten.index_put_, aten.index_put):
                values = args[2]
                if values.ndim and self._devices.of(values).type != self._kind(on_cuda):
                    raise RuntimeError(f"{MESSAGE} ({func})")
        elif on_cuda and any(
            t.ndim and not is_there for t, is_there in zip(operands, there, strict=True)
        ):
            raise RuntimeError(f"{MESSAGE} ({func})")
        device = kwargs.get("device")
        if device is not None:
            kwargs["device"] = CPU
            on_cuda = torch.device(device).type == "cuda"
        made = func(*args, **kwargs)
        if on_cuda:
            for tensor in tree_leaves(made):
                if isinstance(tensor, Tensor):
                    self._devices.put(tensor, CUDA)
        return made

    @staticmethod
    def _kind(on_cuda):
        return "cuda" if on_cuda else "cpu"


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
        return func(*args, **kwargs)

    def _copied(self, func, tensor, *args, **kwargs):
        here = self._devices.of(tensor)
        device = {Tensor.cpu: CPU, Tensor.cuda: CUDA}.get(func)
        if func is Tensor.to:
            others = [a for a in args if isinstance(a, Tensor)]
            if others:
                device, args = self._devices.of(others[0]), (others[0].dtype,)
            names = [a for a in args if isinstance(a, str | torch.device)]
            names += [kwargs.pop("device")] if "device" in kwargs else []
            args = tuple(a for a in args if not isinstance(a, str | torch.device))
            if names and names[0] is not None:
                device = torch.device(names[0])
            args = tuple(a for a in args if a is not None)
            found = tensor.to(*args, **kwargs) if args or kwargs else tensor
        else:
            found = tensor
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
