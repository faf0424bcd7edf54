"""Anything that turns images into codes and back, in the one form used here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.blocks import in_blocks
from latentia.generative.data import ImageSet, to_numpy
from latentia.generative.training.compute import cpu_threads

Shape = tuple[int, int, int]
"""Channels, height and width."""


def shape_of(data: ImageSet) -> Shape:
    """Return the shape of one image."""
    n_channels, height, width = data.images.shape[1:]
    return n_channels, height, width


def channels_first(image_shape: tuple[int, ...]) -> Shape:
    """Return the shape of an image (H, W) or (H, W, C)."""
    height, width, *channels = image_shape
    return channels[0] if channels else 1, height, width


class Coder(Protocol):
    """Images → codes → images."""

    def encode(self, X: Any) -> NDArray[Any]:
        """Return codes (n, latent_dim) of a uint8 tensor (n, C, H, W)."""

    def decode(self, z: Any) -> NDArray[np.uint8]:
        """Return images (n, H, W) or (n, H, W, C) of codes."""


def as_coder(model: Any, shape: Shape) -> Coder:
    """Return a coder for images of a shape, or raise a TypeError.

    Parameters
    ----------
    model : object
        With ``encode`` and ``decode``, as VAE and RAE have them; or a pair (encoder,
        decoder) of modules; or with ``transform`` and ``inverse_transform`` of rows of
        pixels in 0..1, as a fitted PCA has them.
    shape : (int, int, int)
    """
    is_class = isinstance(model, type)
    if not is_class and hasattr(model, "encode") and hasattr(model, "decode"):
        return model  # type: ignore[no-any-return]
    if not is_class and hasattr(model, "inverse_transform"):
        return PixelCoder(model, shape)
    if isinstance(model, tuple | list) and len(model) == 2:
        encoder, decoder = model
        if isinstance(encoder, nn.Module) and isinstance(decoder, nn.Module):
            return ModuleCoder(encoder, decoder, shape)
    raise TypeError(
        f"model has no encoder: {_name(model)}; needed is a fitted VAE or RAE, a pair "
        "(encoder, decoder) of torch modules, or a fitted transformer of rows of "
        "pixels with inverse_transform, such as PCA"
    )


class PixelCoder:
    """A transformer of rows of pixels in 0..1, channels first."""

    def __init__(self, transformer: Any, shape: Shape) -> None:
        self._transformer, self._shape = transformer, shape

    def encode(self, X: Tensor) -> NDArray[Any]:
        """Return codes (n, latent_dim)."""
        return self._apply(self._transformer.transform, X).numpy()

    def decode(self, z: NDArray[Any]) -> NDArray[np.uint8]:
        """Return images; what leaves 0..1 is clipped."""
        codes = torch.from_numpy(np.array(z, dtype=np.float32))
        rows = self._apply(self._transformer.inverse_transform, codes)
        return to_numpy(rows.reshape(-1, *self._shape))

    @staticmethod
    def _apply(function: Callable[[Any], Any], rows: Tensor) -> Tensor:
        # In blocks, as a product's last bit may depend on the number of its rows.
        def of_block(block: Tensor) -> Tensor:
            return torch.from_numpy(np.asarray(function(block.flatten(1).numpy())))

        return in_blocks(of_block, rows, device=torch.device("cpu"))


class ModuleCoder:
    """A pair of modules: images (B, C, H, W) in 0..1 → codes (B, d) → images.

    Of several tensors that the encoder gives, as one of means and one of variances, the
    first is taken; images may come out flat.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, shape: Shape) -> None:
        self._encoder, self._decoder, self._shape = encoder, decoder, shape

    def encode(self, X: Tensor) -> NDArray[Any]:
        """Return codes (n, latent_dim)."""
        codes = self._apply(self._encoder, _first, X)
        return codes.float().numpy()

    def decode(self, z: NDArray[Any]) -> NDArray[np.uint8]:
        """Return images; what leaves 0..1 is clipped."""
        codes = torch.from_numpy(np.array(z, dtype=np.float32))
        images = self._apply(self._decoder, _first, codes)
        if images.numel() != len(codes) * np.prod(self._shape):
            raise ValueError(
                f"the decoder must give images of shape {self._shape} (channels, "
                f"height, width), it gave {tuple(images.shape[1:])}"
            )
        return to_numpy(images.reshape(-1, *self._shape))

    def _apply(self, module: nn.Module, pick: Any, rows: Tensor) -> Tensor:
        device = next((p.device for p in module.parameters()), torch.device("cpu"))
        flags = [(part, part.training) for part in module.modules()]
        module.eval()
        try:
            with cpu_threads():
                return in_blocks(lambda b: pick(module(b)), rows, device=device)
        finally:
            for part, flag in flags:
                part.training = flag


def _first(output: Any) -> Tensor:
    first = output[0] if isinstance(output, tuple | list) and output else output
    if not isinstance(first, Tensor):
        raise TypeError(
            "a module must give a tensor, or a tuple that begins with one; it gave "
            f"{_name(output)}"
        )
    return first


def _name(model: Any) -> str:
    is_class = isinstance(model, type)
    return f"the class {model.__name__}" if is_class else type(model).__name__
