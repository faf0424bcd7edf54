"""
A conditional GAN of ten classes
================================

A tiny conditional GAN of digits, a few epochs: enough to see that a class can be asked
for. Minutes of training make better images (see the user guide).
"""

import numpy as np

from latentia import datasets, plots
from latentia.generative import ConditionalGAN

digits = datasets.load_digits()
gan = ConditionalGAN(latent_dim=16, preset="tiny", device="cpu", random_state=0)
gan.fit(digits.images, digits.labels, epochs=25)
rows = np.concatenate([gan.sample(12, y=y, seed=0) for y in range(10)])
figure = plots.image_grid(rows, columns=12, row_titles=[str(y) for y in range(10)])

# %%
# How the losses and the score went.

losses = plots.loss_curves(gan.history_)
