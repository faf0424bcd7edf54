"""Directions in latent space along which images change, and walks along them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_choice, check_count, check_real
from latentia._html import html_table
from latentia.generative.latent.ganspace import ganspace
from latentia.generative.latent.noise import check_seed, normal
from latentia.generative.latent.sefa import sefa
from latentia.generative.latent.space import Array, LatentSpace

METHODS = ("sefa", "ganspace")

_HEAD = ("direction", "change", "× random", "variance explained")

SPAN = 3.0
"""Length of walks by default, in σ: nearly all codes lie within it."""

_N_RANDOM = 16
_N_CODES = 64
"""Images whose change is the effect of a direction."""


@dataclass(frozen=True, eq=False)
class LatentDirections:
    """Directions of a model's latent space, by the size of their visible effect.

    Attributes
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
    method : {"sefa", "ganspace"}
    directions : ndarray of shape (n_directions, latent_dim)
        Each as long as one standard deviation σ of the prior.
    effects : ndarray of shape (n_directions,)
        Mean absolute change of a pixel for a step of one σ, in levels of 255.
    random_effect : float
        The same for random directions, on average.
    variance_explained : ndarray of shape (n_directions,)
        Shares of the variance of the first layer's output (SeFa), or of activations
        (GANSpace). They need not be in the order of the visible effects.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE, latent_directions
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> found = latent_directions(vae, n_directions=2)
    >>> found.directions.shape, found.walk(seed=1, steps=5).shape
    ((2, 4), (5, 8, 8))
    """

    model: Any
    method: str
    directions: Array
    effects: Array
    random_effect: float
    variance_explained: Array
    _space: LatentSpace = field(repr=False)

    def walk(
        self,
        seed: int,
        direction: int = 0,
        *,
        steps: int = 9,
        span: float = SPAN,
        y: Any = None,
    ) -> NDArray[np.uint8]:
        """Return one image, changed along a direction.

        Parameters
        ----------
        seed : int
            Seed of the image in the middle: ``model.sample(1, seed=seed)``.
        direction : int, default=0
            Number of the direction.
        steps : int, default=9
            Number of images; an odd one has the image itself in the middle.
        span : float, default=3.0
            Distance to either side, in σ.
        y : label, optional
            Class of the image, of a ConditionalGAN; by default the first.

        Returns
        -------
        images : ndarray of uint8, shape (steps, H, W) or (steps, H, W, C)

        Raises
        ------
        ValueError
            If there is no such direction or class, or a number is out of its range.
        """
        index = check_count(direction, "direction", least=0)
        if index >= len(self.directions):
            raise ValueError(
                f"direction must be below {len(self.directions)}, the number of "
                f"directions, got {direction}"
            )
        steps = check_count(steps, "steps", least=2)
        span = check_real(span, "span", above=0)
        along = np.linspace(-span, span, steps)[:, np.newaxis]
        start = self._space.codes(check_seed(seed), 1)
        codes = (start + along * self.directions[index]).astype(np.float32)
        label = self._space.labels(1, y)
        labels = None if label is None else np.repeat(label, steps)
        return self._space.images(codes, labels)

    def _title(self) -> str:
        return (
            f"{self.method} directions of a {type(self.model).__name__}: "
            "change of a pixel per σ, in levels of 255"
        )

    def _rows(self) -> list[tuple[str, ...]]:
        """Return the cells of the table, below ``_HEAD``."""
        rows = []
        for i, (effect, share) in enumerate(
            zip(self.effects, self.variance_explained, strict=True)
        ):
            ratio = effect / self.random_effect if self.random_effect else 1.0
            rows.append((str(i), f"{effect:.2f}", f"{ratio:.2f}×", f"{share:.1%}"))
        return [*rows, ("random", f"{self.random_effect:.2f}", "1.00×", "")]

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return html_table(self._title(), _HEAD, self._rows())

    def __str__(self) -> str:
        """Return a table: what a step of one σ changes, and how much is explained."""
        widths = [len("direction"), 6, 8, len("variance explained")]
        lines = [
            "  ".join(
                cell.rjust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in (_HEAD, *self._rows())
        ]
        return "\n".join([self._title(), *lines])


def latent_directions(
    model: Any, method: str = "sefa", *, n_directions: int = 8, seed: int = 0
) -> LatentDirections:
    """Find directions in the latent space of a generator, without labels.

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Fitted.
    method : {"sefa", "ganspace"}, default="sefa"
        "sefa": the right singular vectors of the generator's first affine layer
        (Shen and Zhou, CVPR 2021). "ganspace": principal components of its activations,
        mapped to the latent space by least squares (Härkönen et al., NeurIPS 2020).
    n_directions : int, default=8
        Number of directions, at most the dimension of the code and of the first layer.
    seed : int, default=0
        Seed of the images whose change is measured, and of activations.

    Returns
    -------
    LatentDirections
        Ranked by their effect on images.

    Raises
    ------
    TypeError
        If it is another model.
    ValueError
        If an argument is wrong, or the model is not fitted.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE, latent_directions
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> found = latent_directions(vae, "ganspace", n_directions=3)
    >>> found.effects.shape
    (3,)
    """
    check_choice(method, "method", METHODS)
    space = LatentSpace.of(model)
    n = min(check_count(n_directions, "n_directions", least=1), space.dim)
    seed = check_seed(seed)
    found, shares = sefa(space, n) if method == "sefa" else ganspace(space, n, seed)
    effects = _effects(space, found, seed)
    drawn = normal(seed, _N_RANDOM, space.dim).astype(np.float64)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    order = np.argsort(-effects, kind="stable")
    return LatentDirections(
        model,
        method,
        found[order] @ space.factor.T,
        effects[order],
        float(_effects(space, drawn, seed).mean()),
        shares[order],
        space,
    )


def _effects(space: LatentSpace, white: Array, seed: int) -> Array:
    """Return the mean of |G(z + d) − G(z − d)| / 2, in levels of 255, for each d."""
    codes = space.codes(seed, _N_CODES)
    labels = space.labels(_N_CODES, None)
    effects = []
    for step in (white @ space.factor.T).astype(np.float32):
        forth = space.pixels(codes + step, labels)
        back = space.pixels(codes - step, labels)
        effects.append(float((forth - back).abs().double().mean()) * 255 / 2)
    return np.array(effects)
