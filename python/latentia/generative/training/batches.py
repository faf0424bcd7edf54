"""The images of a step, on the device."""

from __future__ import annotations

import torch
from torch import Tensor

from latentia.generative.data import ImageSet
from latentia.generative.training.batch_sampler import (
    BalancedBatchSampler,
    BatchSampler,
)
from latentia.generative.training.compute import Compute
from latentia.generative.training.plan import Plan
from latentia.generative.training.private_steps import PoissonSampler


class BatchLoader:
    """Images and labels of a step, for this process.

    The images are kept on the device if they leave half of its free memory to the
    networks, as bytes. A private training has a sampler of its own.
    """

    def __init__(
        self,
        data: ImageSet,
        plan: Plan,
        compute: Compute,
        sampler: PoissonSampler | None = None,
    ) -> None:
        device = compute.device
        self.images = data.images.to(device if _fits(data.images, device) else "cpu")
        self.labels = None if data.labels is None else data.labels.to(device)
        self._compute = compute
        self._sampler: BatchSampler | BalancedBatchSampler | PoissonSampler
        if sampler is not None:
            self._sampler = sampler
        elif plan.balanced and self.labels is not None:
            self._sampler = BalancedBatchSampler(
                self.labels, plan.batch_size, plan.seed
            )
        else:
            self._sampler = BatchSampler(plan.n, plan.batch_size, plan.seed)

    def batch(self, step: int) -> tuple[Tensor, Tensor | None]:
        """Return images (B, C, H, W) in 0..1 and labels (B,) or None."""
        compute = self._compute
        mine = slice(compute.rank, None, compute.n_processes)
        indices = self._sampler.indices(step)[mine]
        images = _picked(self.images, indices, compute.device).float().div_(255)
        if self.labels is None:
            return images, None
        return images, _picked(self.labels, indices, compute.device)


def _fits(images: Tensor, device: torch.device) -> bool:
    """Tell whether the images leave half of the device's free memory to networks."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return images.nbytes < free // 2


def _picked(rows: Tensor, indices: Tensor, device: torch.device) -> Tensor:
    """Return some rows on the device, without waiting for it."""
    if rows.device == device and device.type == "cuda":
        return rows[indices.pin_memory().to(device, non_blocking=True)]
    return rows[indices.to(rows.device)].to(device)
