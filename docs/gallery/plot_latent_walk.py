"""
Walks in latent space
=====================

A decoder turns a path of codes into images that change step by step. The SVD of its
first layer finds directions in which they change most, without labels.
"""

import numpy as np

from latentia import datasets, plots
from latentia.generative import VAE, interpolate, latent_directions

X = datasets.load_digits().images
vae = VAE(latent_dim=8, network="mlp", preset="tiny", device="cpu", random_state=0)
vae.fit(X, epochs=25)

# %%
# From one image to another.

walks = np.concatenate([interpolate(vae, 2 * i, 2 * i + 1, steps=12) for i in range(4)])
between = plots.image_grid(walks, columns=12)

# %%
# One image along the first four directions; a step is in standard deviations of the
# prior.

found = latent_directions(vae, n_directions=4)
print(found)
steps = np.array([found.walk(seed=5, direction=i, steps=9) for i in range(4)])
titles = [f"direction {i}" for i in range(4)]
along = plots.traversal_grid(steps, titles=titles, span=3)
