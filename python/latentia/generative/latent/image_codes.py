"""Checked images and codes for a mixture."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._warnings import warn_caller
from latentia.generative.data import ImageSet, as_image_set, mode_of
from latentia.generative.latent.coders import Coder, as_coder, channels_first
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import Standardizer, check_finite
from latentia.generative.models.base import ImageModel


def images_of(
    model: Any, X: Any, y: Any, image_shape: tuple[int, ...] | None, *, least: int
) -> ImageSet:
    """Return images in the form of the model, or of ``image_shape``."""
    form: dict[str, Any] = {}
    if isinstance(model, ImageModel):
        check_is_fitted(model, "n_steps_")
        form = model.input_format(X)
    elif image_shape is not None:
        height, width, *channels = image_shape
        sized = isinstance(X, str | PathLike)
        form["size"] = (height, width) if sized else None
        form["mode"] = mode_of(*(channels or [1]))
    return as_image_set(X, y, **form, least=least)


def check_not_private(model: Any) -> None:
    """Raise if a model was trained with privacy: its images would be looked at again.

    A pair (encoder, decoder) of its networks can be given for images that are public.
    """
    if getattr(model, "privacy_", None) is not None:
        raise ValueError(
            f"model: this {type(model).__name__} was trained with privacy, and a "
            "mixture of its images' codes would look at them again without. Sample "
            "from it as it is, fit a PrivateGaussianMixture to its codes (which spends "
            "more), or for public images give its networks as (encoder, decoder)"
        )


def codes_of(coder: Coder, data: ImageSet) -> NDArray[np.float64]:
    """Return codes (n, latent_dim), or raise a ValueError."""
    codes = np.asarray(coder.encode(data.images), dtype=np.float64)
    n = len(data.images)
    if codes.ndim != 2 or len(codes) != n:
        raise ValueError(
            f"the encoder must return codes of shape ({n}, latent_dim), it returned "
            f"{codes.shape}"
        )
    check_finite(codes)
    return codes


def check_varied(codes: NDArray[np.float64]) -> None:
    """Raise if all codes are the same, warn if some dimensions are."""
    n, dim = codes.shape
    constant = dim - int(Standardizer.of(codes).kept.sum())
    if constant == dim:
        raise ValueError(
            f"the codes of all {n} images are the same: the encoder has collapsed, or "
            "the images are alike"
        )
    if constant:
        warn_caller(
            f"{constant} of {dim} dimensions are the same in all codes; they stay "
            "constant in the mixture",
            UserWarning,
        )


def check_model(
    model: Any, image_shape: tuple[int, ...], prior: MixturePrior, file: str
) -> None:
    """Raise unless a model decodes codes of a saved prior to images of the shape."""
    coder = as_coder(model, channels_first(image_shape))
    dim = prior.means.shape[1]
    if isinstance(model, ImageModel):
        theirs = model.image_shape_, model.latent_dim_
        if theirs != (image_shape, dim):
            raise ValueError(
                f"{file} is for images of shape {image_shape} and codes of {dim} "
                f"numbers, the model has {theirs[0]} and {theirs[1]}"
            )
    coder.decode(prior.means[:1].astype(np.float32))  # raises, if it cannot
