"""Pictures and reports. Needs matplotlib: ``pip install "latentia[plot]"``."""

from latentia.plots.classes import class_sheet
from latentia.plots.comparison import side_by_side
from latentia.plots.compression import Approximation, compression_sheet
from latentia.plots.convergence import convergence
from latentia.plots.document import Fact, Picture, Section, Table
from latentia.plots.images import image_sheet
from latentia.plots.numbers import percent, rate, scientific, seconds, times
from latentia.plots.parts import sum_of_parts
from latentia.plots.ranks import rank_curve
from latentia.plots.report import Report, refuse_to_overwrite
from latentia.plots.shares import share_grid
from latentia.plots.spectra import spectrum
from latentia.plots.theme import png, require_matplotlib, theme
from latentia.plots.timings import timing_bars
from latentia.plots.topics import topic_bars
from latentia.plots.training import loss_curves
from latentia.plots.walks import walk_sheet

__all__ = [
    "Approximation",
    "Fact",
    "Picture",
    "Report",
    "Section",
    "Table",
    "class_sheet",
    "compression_sheet",
    "convergence",
    "image_sheet",
    "loss_curves",
    "percent",
    "png",
    "rank_curve",
    "rate",
    "refuse_to_overwrite",
    "require_matplotlib",
    "scientific",
    "seconds",
    "share_grid",
    "side_by_side",
    "spectrum",
    "sum_of_parts",
    "theme",
    "times",
    "timing_bars",
    "topic_bars",
    "walk_sheet",
]
