"""
Ratings with holes
==================

In a table of ratings 90 % are missing. NMF of the observed ones predicts the others;
held-out ratings tell how many components are best, and whether the predictions are
better than item means.
"""

import numpy as np

from latentia import cross_validate_rank, datasets, plots

made = datasets.make_ratings(600, 300, 18_000, random_state=0)  # from 1 to 5, noisy
ratings = made.ratings  # a sparse matrix: unstored entries are missing
found = cross_validate_rank(
    ratings, (1, 2, 3, 5, 8, 12), missing="unobserved", n_splits=3, random_state=0
)
print(found)

# %%
# The error of item means, on other held-out ratings, is the level to beat.

rng = np.random.default_rng(0)
held = rng.random(ratings.nnz) < 0.1
item, value = ratings.indices, ratings.data.astype(float)
n_items = ratings.shape[1]
sums = np.bincount(item[~held], value[~held], minlength=n_items)
counts = np.bincount(item[~held], minlength=n_items)
means = (sums + value.mean()) / (counts + 1)
level = float(np.sqrt(np.mean((value[held] - means[item[held]]) ** 2)))
figure = plots.rank_curve(found, levels={"item means": level, "noise": made.noise})
