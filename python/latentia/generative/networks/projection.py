"""The last layer of a discriminator that knows classes.

Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018.
"""

from __future__ import annotations

from torch import Tensor, nn

FEATURES = 128
"""Features of an image that a discriminator judges by."""


class Projection(nn.Module):
    """Features h (B, d) and labels y → w·h + b + v(y)·h."""

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.plain = nn.Linear(n_features, 1)
        self.by_class = nn.Embedding(n_classes, n_features) if n_classes else None

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        logits: Tensor = self.plain(features)[:, 0]
        if self.by_class is not None:
            logits = logits + (features * self.by_class(labels)).sum(1)
        return logits
