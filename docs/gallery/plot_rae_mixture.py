"""
An autoencoder and a mixture generate digits
============================================

An RAE encodes images as 16 numbers. The codes are not normal: samples of one Gaussian
fall between the digits. A mixture of Gaussians describes the codes, and its samples are
digits.
"""

import numpy as np

from latentia import datasets, plots
from latentia.generative import RAE, LatentMixture

digits = datasets.load_digits()
X = digits.images
rae = RAE(latent_dim=16, preset="tiny", device="cpu", random_state=0)
rae.fit(X, epochs=25)
print(len(rae.prior_.weights), "Gaussians")

# %%
# The same decoder with both priors.

one = LatentMixture(1, random_state=0).fit(rae, X)
figure = plots.side_by_side(
    {
        "Real": X[:36],
        "One Gaussian": one.sample(36, seed=0),
        "Mixture": rae.sample(36, seed=0),
    }
)

# %%
# One mixture for each class makes a conditional generator, without further training.

by_class = LatentMixture("samples", random_state=0).fit(rae, X, digits.labels)
rows = np.concatenate([by_class.sample(12, y=y, seed=0) for y in range(10)])
classes = plots.image_grid(rows, columns=12, row_titles=[str(y) for y in range(10)])
