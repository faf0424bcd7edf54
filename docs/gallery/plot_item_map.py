"""
A map of items
==============

The factors of a recommender place items near each other if the same users like them.
Here the items are of three kinds, which the model does not know.
"""

import numpy as np

from latentia import plots
from latentia.datasets import make_interactions
from latentia.recommend import ImplicitALS

made = make_interactions(2000, 300, 40_000, rank=2, random_state=0)
als = ImplicitALS(8, random_state=0).fit(made.matrix)

# %%
# What produced the events: each item has two traits. The direction of its traits is its
# kind.

angle = np.arctan2(made.item_factors[:, 1], made.item_factors[:, 0])
kinds = np.array(["rock", "jazz", "folk"])[((angle + np.pi) // 2.0944).astype(int) % 3]
events = np.asarray(made.matrix.sum(axis=0)).ravel()
figure = plots.item_map(als.item_factors_, kinds, counts=events)
