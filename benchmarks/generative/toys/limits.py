"""How many modes of the toys are reached, from five seeds."""

from latentia.benchmarks.generative.toys.game import play
from latentia.benchmarks.generative.toys.points import GRID, RING
from latentia.benchmarks.results import Bar, Quantity, Size

_SEEDS: dict[Size, range] = {"small": range(1), "full": range(5)}
_SEED_NAMES: dict[Size, str] = {"small": "seed 0", "full": "seeds 0–4"}
_FEW_STEPS = 200


def mode_limits(size: Size) -> dict[str, Quantity]:
    """Play the relativistic game with R1 and R2 on the toys.

    Parameters
    ----------
    size : {"small", "full"}
        The small one only shows that it runs: few steps, one seed and no bars.

    Returns
    -------
    dict of str to Quantity
        For each toy the least number of modes of all seeds, and the mean share of
        samples within three deviations of a mode.
    """
    found = {}
    for toy in (GRID, RING):
        steps = {} if size == "full" else {"n_steps": _FEW_STEPS}
        reached = [toy.reached(play(toy, seed, **steps)) for seed in _SEEDS[size]]
        bar = Bar("≥", len(toy.means)) if size == "full" else None
        least = min(one.n_modes for one in reached)
        near = sum(one.near for one in reached) / len(reached)
        name = f"{toy.name}, {_SEED_NAMES[size]}"
        found[f"{name}: fewest modes covered"] = Quantity(least, "modes", bar)
        found[f"{name}: samples near a mode"] = Quantity(100 * near, "%")
    return found
