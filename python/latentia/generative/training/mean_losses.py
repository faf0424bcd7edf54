"""Losses between two reports, summed where they are computed."""

from __future__ import annotations

from torch import Tensor


class MeanLosses:
    """Sums losses on their device, so that it does not wait before they are read."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._n = 0

    def add(self, losses: dict[str, Tensor]) -> None:
        """Add those of a step."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0) + value
        self._n += 1

    def means(self) -> dict[str, float]:
        """Read the means over the steps since they were cleared."""
        return {name: float(total) / self._n for name, total in self._sums.items()}

    def clear(self) -> None:
        """Begin anew."""
        self._sums, self._n = {}, 0
