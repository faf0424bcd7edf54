"""How much more directions change images than random ones of the same length."""

from typing import Any

from latentia.benchmarks.results import Bar, Quantity, Size
from latentia.generative import latent_directions
from latentia.generative.latent.directions import METHODS


def direction_effects(size: Size, name: str, model: Any) -> dict[str, Quantity]:
    """Measure the change of a pixel for a step of one σ of the prior.

    Parameters
    ----------
    size : {"small", "full"}
        The small one has no bar.
    name : str
        Of the model.
    model : GAN, VAE or RAE
        Fitted.

    Returns
    -------
    dict of str to Quantity
    """
    bar = Bar("≥", 1.0) if size == "full" else None
    found: dict[str, Quantity] = {}
    for method in METHODS:
        directions = latent_directions(model, method)
        ratios = directions.effects / directions.random_effect
        unit, n = "× random", len(ratios)
        first, mean = float(ratios[0]), float(ratios.mean())
        found |= {
            f"{name}, {method}: effect of the first direction": Quantity(first, unit),
            # Of all, as the first is the first because of its effect.
            f"{name}, {method}: mean effect of {n} directions": Quantity(
                mean, unit, bar
            ),
        }
    random = Quantity(directions.random_effect, "levels of 255 a σ")
    return found | {f"{name}: effect of random directions": random}
