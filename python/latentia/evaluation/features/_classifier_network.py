"""The small convolutional classifier and its training."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad, relu

from latentia._torch_state import bfloat16, building, with_own_state
from latentia.evaluation.features._network import ToModerateSize

DIM = 64
_WIDTH = 32
_IMAGES_SEEN = 360_000
_MOST_EPOCHS = 40
_BATCH = 128
_LEARNING_RATE = 4e-3
_WARM_UP = 0.15
_SHIFT = 14
"""A batch is shifted by up to this part of the shorter side."""


class Classifier(nn.Module):
    """Three convolutions and two linear layers, the first of which gives features."""

    def __init__(self, n_channels: int, n_classes: int) -> None:
        super().__init__()
        w = _WIDTH
        self.size = ToModerateSize()
        self.body = nn.Sequential(
            nn.Conv2d(n_channels, w, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.Conv2d(w, 2 * w, 3, padding=1, bias=False),
            nn.BatchNorm2d(2 * w),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2 * w, 4 * w, 3, padding=1, bias=False),
            nn.BatchNorm2d(4 * w),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * w, DIM, bias=False),
            nn.BatchNorm1d(DIM),
        )
        self.head = nn.Linear(DIM, n_classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        """Return the features (B, DIM) of images (B, C, H, W) in 0..1."""
        images = (2 * self.size(images) - 1).contiguous(
            memory_format=torch.channels_last
        )
        return self.body(images)  # type: ignore[no-any-return]

    def logits(self, images: Tensor) -> Tensor:
        """Return the scores of the classes (B, n_classes)."""
        return self.head(relu(self(images)))  # type: ignore[no-any-return]


@with_own_state
def train(
    images: Tensor, targets: Tensor, n_classes: int, *, seed: int, device: torch.device
) -> Classifier:
    """Return a classifier of uint8 images (n, C, H, W), the same for the same seed.

    AdamW, whose rate rises and falls linearly, over 360000 images, but no image more
    than 40 times; each batch is shifted a little.
    """
    with building(seed):
        classifier = Classifier(images.shape[1], n_classes)
    classifier.to(device).train()
    optimiser = torch.optim.AdamW(
        classifier.parameters(), lr=_LEARNING_RATE, weight_decay=0.05
    )
    generator = torch.Generator().manual_seed(seed)
    n, size = len(images), max(2, min(_BATCH, len(images) // 8))
    n_epochs = min(max(_IMAGES_SEEN // n, 1), _MOST_EPOCHS)
    n_steps = n_epochs * (n // size)
    step, fast = 0, _has_bfloat16(device)
    for _ in range(n_epochs):
        order = torch.randperm(n, generator=generator)[: n // size * size]
        for rows in order.view(-1, size):
            optimiser.param_groups[0]["lr"] = _LEARNING_RATE * _rate(step / n_steps)
            batch = _shifted(images[rows].to(device), generator)
            with bfloat16(device) if fast else nullcontext():
                logits = classifier.logits(batch)
            loss = cross_entropy(logits.float(), targets[rows].to(device))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            step += 1
    return classifier.eval()


def _rate(progress: float) -> float:
    return min(progress / _WARM_UP, (1 - progress) / (1 - _WARM_UP))


def _shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return a batch in 0..1, all of it shifted by the same few pixels."""
    height, width = images.shape[2:]
    most = max(1, min(height, width) // _SHIFT)
    dy, dx = torch.randint(2 * most + 1, (2,), generator=generator).tolist()
    padded = pad(images.float() / 255, 4 * (most,), mode="replicate")
    return padded[..., dy : dy + height, dx : dx + width]


def _has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies it faster than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))
