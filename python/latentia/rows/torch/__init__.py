"""Rows that are tensors, on CUDA or on the CPU.

`TorchRows` is a row source of one block, `StreamedRows` one whose blocks go to the
device one after the other. What a pass does with it is in a file for each
algorithm, by torch operations under the names of the compiled kernels (``kernels``):
``products`` for the SVD, ``mixture``, ``nmf`` and ``divergence``, ``summary``. Tiles
bound their memory (``tiles``). Numbers cross between NumPy and the device in
``transfer`` only: small matrices on their way in, sums in float64 on their way out.
"""

from latentia.rows.torch.from_tensor import dlpack_rows, torch_rows
from latentia.rows.torch.source import TorchRows, TorchState
from latentia.rows.torch.streamed import StreamedRows, check_device, on_device

__all__ = [
    "StreamedRows",
    "TorchRows",
    "TorchState",
    "check_device",
    "dlpack_rows",
    "on_device",
    "torch_rows",
]
