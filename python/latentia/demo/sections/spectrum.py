"""The singular values of a collection of images, and how sure they are."""

from __future__ import annotations

import numpy as np

from latentia import PCA
from latentia.demo.data import DemoData
from latentia.plots import Fact, Picture, Section, percent, scientific
from latentia.plots import spectrum as draw_spectrum

N_COMPONENTS = 50


def section_spectrum(data: DemoData) -> Section:
    """Draw the spectrum of the largest collection with its error bounds."""
    collection = data.collections[-1]
    matrix = collection.matrix
    pca = PCA(min(N_COMPONENTS, *matrix.shape), random_state=0).fit(matrix)
    values = pca.singular_values_
    cumulative = np.cumsum(pca.explained_variance_ratio_)
    worst = float(np.max(pca.error_bound_ / values))
    n_half = 1 + int(np.searchsorted(cumulative, 0.5))
    return Section(
        "How much is hidden, and how sure we are",
        prose=[
            f"The singular values of the {len(matrix):,} {collection.name}, centred: "
            "how much each direction matters. With each comes a bound on its error, "
            "worked out from the residual that is left, without knowing the answer.",
        ],
        facts=[
            Fact(
                percent(cumulative[-1]),
                f"of the variance in {len(values)} of {matrix.shape[1]} directions",
            ),
            Fact(scientific(worst), "largest error bound, relative to its value"),
        ],
        pictures=[
            Picture(
                "spectrum",
                draw_spectrum(values, errors=pca.error_bound_, cumulative=cumulative),
                caption="Above, singular values on a logarithmic scale, with error "
                "bars; where the bars are smaller than the points, the panel below "
                "tells how small. At the bottom, the share of the variance that the "
                f"first components explain together; half of it takes {n_half}.",
                alt=f"Singular values falling from {values[0]:.3g} to "
                f"{values[-1]:.3g}, error bounds of at most {worst:.1e} of them, and "
                f"the explained variance adding up to {percent(cumulative[-1])}.",
            )
        ],
    )
