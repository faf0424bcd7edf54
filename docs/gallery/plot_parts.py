"""
Digits as sums of parts
=======================

NMF allows no negative numbers, so its components are parts that are added: strokes of
digits.
"""

from latentia import NMF, datasets, plots

digits = datasets.load_digits()
X = digits.images.reshape(len(digits.images), -1) / 255
nmf = NMF(24, tol=0.01, max_iter=500, random_state=0)
W = nmf.fit_transform(X)

# %%
# Pictures have values from 0 to 1, so each part is divided by its largest value, and
# its weights are multiplied by it.

peak = nmf.components_.max(axis=1)
parts = (nmf.components_ / peak[:, None]).reshape(-1, 8, 8)
all_parts = plots.image_grid(parts, columns=12)

# %%
# Each digit is a sum of few parts.

sums = plots.sum_of_parts(digits.images[:4], parts, W[:4] * peak, n_terms=4)
