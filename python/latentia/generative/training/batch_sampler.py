"""The images of each step, in shuffles that depend on the seed only."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Indices = NDArray[np.int64]

_BLOCK = 4096
"""Draws of classes that are shuffled at a time, at least one round."""


class BatchSampler:
    """Every image once per epoch.

    A batch can hold the end of one epoch and the start of the next: every batch has the
    same size, for every number of images.
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self._epoch = -1
        self._shuffled: Indices = np.empty(0, dtype=np.int64)

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

    def _epoch_order(self, epoch: int) -> Indices:
        if epoch != self._epoch:
            self._shuffled = _random(self.seed, epoch).permutation(self.n)
            self._epoch = epoch
        return self._shuffled


class BalancedBatchSampler:
    """Every class equally often, for every number of images per class.

    Draws come in rounds, in each of which every class comes once, in a random order. A
    class goes through its images in shuffles of its own, so that all of them are seen
    equally often too. Draw t is in round r = t // K of K classes, and takes image r
    modulo n_c of the (r // n_c)-th shuffle of the n_c images of its class.

    Parameters
    ----------
    labels : Tensor of int64, shape (n,)
    batch_size : int
    seed : int
    """

    def __init__(self, labels: Tensor, batch_size: int, seed: int) -> None:
        self.batch_size, self.seed = batch_size, seed
        values = labels.cpu().numpy()
        self._members = [np.flatnonzero(values == c) for c in np.unique(values)]
        self._shuffles: dict[int, tuple[int, Indices]] = {}
        self._rounds: tuple[int, Indices] = (-1, np.empty((0, 0), np.int64))

    def indices(self, step: int) -> Tensor:
        """Return the images of a step, shape (batch_size,)."""
        first = step * self.batch_size
        draws = range(first, first + self.batch_size)
        return torch.tensor([self._image(draw) for draw in draws], dtype=torch.int64)

    def _image(self, draw: int) -> int:
        n_round, place = divmod(draw, len(self._members))
        index = self._class(n_round, place)
        n_shuffle, within = divmod(n_round, len(self._members[index]))
        return int(self._shuffled(index, n_shuffle)[within])

    def _class(self, n_round: int, place: int) -> int:
        """Return the class at a place of a round."""
        n_classes = len(self._members)
        n_rounds = max(1, _BLOCK // n_classes)
        block, within = divmod(n_round, n_rounds)
        if block != self._rounds[0]:
            rounds = np.tile(np.arange(n_classes), (n_rounds, 1))
            shuffled = _random(self.seed, 0, block).permuted(rounds, axis=1)
            self._rounds = block, shuffled
        return int(self._rounds[1][within, place])

    def _shuffled(self, index: int, n_shuffle: int) -> Indices:
        """Return the images of a class in the order of one of its shuffles."""
        known = self._shuffles.get(index)
        if known is None or known[0] != n_shuffle:
            random = _random(self.seed, 1 + index, n_shuffle)
            known = n_shuffle, random.permutation(self._members[index])
            self._shuffles[index] = known
        return known[1]


def _random(*key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(key))
