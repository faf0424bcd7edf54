"""Figures of factorisations, images and trainings: they need Matplotlib.

Each function returns a ``matplotlib.figure.Figure`` and changes no global state of
matplotlib. `png` returns the bytes of a PNG file, ``figure.savefig`` writes a file.
`spectrum`, `parts` and `mixture` take a fitted estimator.

Images
    `image_grid` of images or components, `class_grid` with a row for each class,
    `side_by_side` for real next to generated images, `traversal_grid` of latent
    traversals, `compression_grid` of a photo at several ranks.
Factorisations
    `spectrum` of singular values, `parts`, `sum_of_parts` and `topic_bars` of an NMF,
    `mixture` of Gaussians and its data,
    `rank_curve` of a cross-validation, `share_heatmap` of proportions, `item_map` of
    the factors of a recommender.
Fits
    `convergence` of an objective, `loss_curves` of a training, `timing_bars` of
    several methods, `scaling_curves` of their times over sizes.
"""

from latentia.plots.classes import class_grid
from latentia.plots.comparison import side_by_side
from latentia.plots.components import parts
from latentia.plots.compression import Approximation, compression_grid
from latentia.plots.convergence import convergence
from latentia.plots.heatmap import share_heatmap
from latentia.plots.images import image_grid
from latentia.plots.item_map import item_map
from latentia.plots.mixtures import mixture
from latentia.plots.ranks import rank_curve
from latentia.plots.scaling import scaling_curves
from latentia.plots.spectra import spectrum
from latentia.plots.sum_of_parts import sum_of_parts
from latentia.plots.theme import png, require_matplotlib, theme
from latentia.plots.timings import timing_bars
from latentia.plots.topics import topic_bars
from latentia.plots.training import loss_curves
from latentia.plots.traversals import traversal_grid

__all__ = [
    "Approximation",
    "class_grid",
    "compression_grid",
    "convergence",
    "image_grid",
    "item_map",
    "loss_curves",
    "mixture",
    "parts",
    "png",
    "rank_curve",
    "require_matplotlib",
    "scaling_curves",
    "share_heatmap",
    "side_by_side",
    "spectrum",
    "sum_of_parts",
    "theme",
    "timing_bars",
    "topic_bars",
    "traversal_grid",
]
