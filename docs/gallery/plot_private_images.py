"""
Private images at several ε
===========================

``PrivateImages`` learns noisy sums of the images, so that no single image can be told
from them. The smaller ε, the more noise: 1797 images are few, and show it clearly.
"""

import warnings

import numpy as np

from latentia import datasets, plots
from latentia.privacy import PrivacyWarning, PrivateImages, PrivatePCA

digits = datasets.load_digits()
rows, titles = [], []
for epsilon in (1, 3, 10, 100):
    model = PrivateImages(epsilon=epsilon, delta=1e-5, classes=range(10))
    with warnings.catch_warnings():  # of few images at a small ε
        warnings.simplefilter("ignore", PrivacyWarning)
        model.fit(digits.images, digits.labels)
    rows.append(np.concatenate([model.sample(1, y=digit) for digit in range(10)]))
    titles.append(f"ε = {epsilon}")
real = [digits.images[digits.labels == digit][:1] for digit in range(10)]
rows.append(np.concatenate(real))
titles.append("real")
figure = plots.image_grid(np.concatenate(rows), columns=10, row_titles=titles)

# %%
# Components of ``PrivatePCA``: with noise, the late ones are lost first.

X = digits.images.reshape(len(digits.images), -1) / 255
parts = []
for epsilon in (0.3, 1, 10):
    pca = PrivatePCA(8, epsilon=epsilon, delta=1e-5, row_norm=4, center=0.5).fit(X)
    parts.append(pca.components_.reshape(-1, 8, 8))
components = plots.image_grid(
    np.concatenate(parts),
    columns=8,
    symmetric=True,
    row_titles=["ε = 0.3", "ε = 1", "ε = 10"],
)
