"""In which order images are seen: a shuffle for every epoch, known from the seed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Order:
    """Which images a step takes; there is nothing to be saved.

    Batches run on over the ends of epochs, so that every image is seen once an epoch
    and every batch is whole, whatever the numbers of images.
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self._epoch = -1
        self._shuffled = np.empty(0, dtype=np.int64)

    def indices(self, step: int) -> Tensor:
        """Return the images of a step, shape (batch_size,)."""
        chosen = np.empty(self.batch_size, dtype=np.int64)
        filled = 0
        while filled < self.batch_size:
            epoch, within = divmod(step * self.batch_size + filled, self.n)
            part = self._epoch_order(epoch)[within:][: self.batch_size - filled]
            chosen[filled : filled + len(part)] = part
            filled += len(part)
        return torch.from_numpy(chosen)

    def _epoch_order(self, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        if epoch != self._epoch:
            key = np.random.SeedSequence([self.seed, epoch])
            self._shuffled = np.random.default_rng(key).permutation(self.n)
            self._epoch = epoch
        return self._shuffled
