"""The singular values of a collection of images, with error bounds."""

from __future__ import annotations

import numpy as np

from latentia import PCA
from latentia._number_format import percent, scientific
from latentia.demo.data import DemoData
from latentia.pages import Fact, Picture, Section
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
        "Singular values and their error bounds",
        prose=[
            f"The largest singular values of the centred matrix of {len(matrix):,} "
            f"{collection.name}; the square of each is proportional to the variance "
            "that its component explains. Randomized methods are approximate, so each "
            "value has an a-posteriori error bound, computed from the residual. A "
            "relative bound of 10⁻³ guarantees about three correct digits; a bound "
            "near 1 guarantees none.",
        ],
        facts=[
            Fact(
                percent(cumulative[-1]),
                f"of the variance explained by {len(values)} of {matrix.shape[1]} "
                "components",
            ),
            Fact(scientific(worst), "largest relative error bound; lower is better"),
        ],
        pictures=[
            Picture(
                "spectrum",
                draw_spectrum(values, errors=pca.error_bound_, cumulative=cumulative),
                caption="Top: singular values with error bars, on a logarithmic "
                "scale. Middle: error bounds divided by the values. Bottom: cumulative "
                f"explained variance; {n_half} components explain half of it.",
                alt=f"Singular values falling from {values[0]:.3g} to "
                f"{values[-1]:.3g}, relative error bounds of at most {worst:.1e}, and "
                f"a cumulative explained variance of {percent(cumulative[-1])}.",
            )
        ],
    )
