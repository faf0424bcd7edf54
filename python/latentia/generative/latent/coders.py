"""Encoders and decoders of any kind, with one interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia.generative.data import ImageSet, check_finite, to_numpy
from latentia.generative.networks.inference import batched
from latentia.generative.training.compute import cpu_threads

Shape = tuple[int, int, int]
"""Channels, height and width."""


def shape_of(data: ImageSet) -> Shape:
    """Return the shape of one image."""
    n_channels, height, width = data.images.shape[1:]
    return n_channels, height, width


def channels_last(shape: Shape) -> tuple[int, ...]:
    """Return (H, W) for one channel, else (H, W, C)."""
    n_channels, height, width = shape
    return (height, width) if n_channels == 1 else (height, width, n_channels)


def channels_first(image_shape: tuple[int, ...]) -> Shape:
    """Return the shape of an image (H, W) or (H, W, C)."""
    height, width, *channels = image_shape
    return channels[0] if channels else 1, height, width


@runtime_checkable
class Coder(Protocol):
    """Images → codes → images."""

    def encode(self, X: Any) -> NDArray[Any]:
        """Return codes (n, latent_dim) of a uint8 tensor (n, C, H, W)."""

    def decode(self, z: Any) -> NDArray[np.uint8]:
        """Return images (n, H, W) or (n, H, W, C) of codes."""


@runtime_checkable
class InvertibleTransformer(Protocol):
    """Rows of pixels → codes → rows of pixels, as a fitted PCA."""

    def transform(self, X: Any) -> Any:
        """Return codes of rows."""

    def inverse_transform(self, X: Any) -> Any:
        """Return rows of codes."""


def as_coder(model: Any, shape: Shape) -> Coder:
    """Return a coder for images of a shape, or raise a TypeError.

    Parameters
    ----------
    model : object
        With ``encode`` and ``decode``, as VAE and RAE have them, or a module with both;
        a pair (encoder, decoder) of modules; or with ``transform`` and
        ``inverse_transform`` of rows of pixels in 0..1, as a fitted PCA has them.
    shape : (int, int, int)
    """
    if isinstance(model, tuple | list) and len(model) == 2:
        encoder, decoder = model
        if isinstance(encoder, nn.Module) and isinstance(decoder, nn.Module):
            return ModuleCoder([encoder, decoder], encoder, decoder, shape)
    elif isinstance(model, type):
        pass  # a class is not fitted
    elif isinstance(model, Coder):
        if isinstance(model, nn.Module):
            encode: Any = model.encode
            decode: Any = model.decode
            return ModuleCoder([model], encode, decode, shape)
        return model
    elif isinstance(model, InvertibleTransformer):
        return PixelCoder(model, shape)
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
        """Return images; pixels are clipped to 0..1."""
        codes = torch.from_numpy(np.array(z, dtype=np.float32))
        rows = self._apply(self._transformer.inverse_transform, codes)
        return _images(rows, len(codes), self._shape)

    @staticmethod
    def _apply(function: Callable[[Any], Any], rows: Tensor) -> Tensor:
        # In blocks, as a product's last bit may depend on the number of its rows.
        def of_block(block: Tensor) -> Tensor:
            return torch.from_numpy(np.asarray(function(block.flatten(1).numpy())))

        return batched(of_block, rows, device=torch.device("cpu"))


class ModuleCoder:
    """Modules between images (B, C, H, W) in 0..1 and codes (B, latent_dim).

    If the encoder returns several tensors, such as means and variances, the first is
    the code. The decoder may return flat images.

    Parameters
    ----------
    modules : list of nn.Module
        Whose parameters the functions use.
    encode, decode : callable
    shape : (int, int, int)
    """

    def __init__(
        self,
        modules: list[nn.Module],
        encode: Callable[[Tensor], Any],
        decode: Callable[[Tensor], Any],
        shape: Shape,
    ) -> None:
        self._modules = modules
        self._encode, self._decode, self._shape = encode, decode, shape

    @property
    def device_(self) -> str:
        """Where the modules' first parameter is."""
        parameters = (p for module in self._modules for p in module.parameters())
        return str(next(parameters, torch.empty(0)).device)

    def encode(self, X: Tensor) -> NDArray[Any]:
        """Return codes (n, latent_dim)."""
        return self._apply(self._encode, X).float().numpy()

    def decode(self, z: NDArray[Any]) -> NDArray[np.uint8]:
        """Return images; pixels are clipped to 0..1."""
        codes = torch.from_numpy(np.array(z, dtype=np.float32))
        return _images(self._apply(self._decode, codes), len(codes), self._shape)

    def _apply(self, function: Callable[[Tensor], Any], rows: Tensor) -> Tensor:
        every = [part for module in self._modules for part in module.modules()]
        flags = [part.training for part in every]
        parameters = (p for part in every for p in part.parameters())
        like = next(parameters, torch.empty(0))
        for part in every:
            part.training = False
        try:
            with cpu_threads():
                return batched(
                    lambda block: _first(function(block.to(like.dtype))),
                    rows,
                    device=like.device,
                )
        finally:
            for part, flag in zip(every, flags, strict=True):
                part.training = flag


def device_of(coder: Any) -> str:
    """Return where the networks of a coder are, "cpu" if it has none."""
    return str(getattr(coder, "device_", "cpu"))


def _images(values: Tensor, n: int, shape: Shape) -> NDArray[np.uint8]:
    """Return n images (n, H, W) or (n, H, W, C), or raise a ValueError."""
    if values.numel() != n * np.prod(shape):
        raise ValueError(
            f"the decoder must return images of shape {shape} (channels, height, "
            f"width), it returned {tuple(values.shape[1:])}"
        )
    images = values.reshape(n, *shape)
    check_finite(images)
    return to_numpy(images)


def _first(output: Any) -> Tensor:
    first = output[0] if isinstance(output, tuple | list) and output else output
    if not isinstance(first, Tensor):
        raise TypeError(
            "a module must return a tensor, or a tuple that begins with one; it "
            f"returned {_name(output)}"
        )
    return first


def _name(model: Any) -> str:
    is_class = isinstance(model, type)
    return f"the class {model.__name__}" if is_class else type(model).__name__
