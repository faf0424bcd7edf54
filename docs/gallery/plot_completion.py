"""
The missing half of an image
============================

If the upper half of a digit is known, a mixture of Gaussians gives the distribution of
the lower half: its mean, and as many samples as wanted.
"""

import numpy as np

from latentia import GaussianMixture, datasets, plots

digits = datasets.load_digits()
X = digits.images.reshape(len(digits.images), -1) / 255
known = np.arange(32)  # rows 0 to 3 of 8
mixture = GaussianMixture(30, reg_covar=0.01, random_state=0).fit(X[:1500])
some = X[[1507, 1511, 1518, 1526, 1534, 1541, 1553, 1566]]

# %%
# ``conditional_mean`` averages over what is possible; a sample of ``condition`` is one
# possibility. The last rows show two samples.


def completed(lower):
    return np.hstack([some[:, known], lower]).clip(0, 1)


mean = completed(mixture.conditional_mean(known, some[:, known]))
rests = [mixture.condition(known, row[known]) for row in some]
samples = []
for seed in range(2):
    drawn = [rest.set_params(random_state=seed).sample()[0][0] for rest in rests]
    samples.append(completed(np.array(drawn)))
upper = completed(np.full((len(some), 32), 0.5))
rows = np.vstack([some, upper, mean, *samples]).reshape(-1, 8, 8)
figure = plots.image_grid(
    rows, columns=8, row_titles=["image", "known", "mean", "sample", "sample"]
)
