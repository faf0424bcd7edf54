"""
A photo from a few singular vectors
===================================

A photo is a matrix: a row of pixels is a row, with the red, green and blue values next
to each other. The SVD writes it as a sum of products of a column and a row, the most
important ones first.
"""

import numpy as np

from latentia import datasets, plots, randomized_svd

photo = datasets.load_photo("china")  # 427 × 640 × 3, comes with scikit-learn
shown = photo / 255
matrix = shown.transpose(0, 2, 1).reshape(len(shown), -1).astype(np.float32)
U, s, Vt = randomized_svd(matrix, 80, random_state=0)

# %%
# Keep the first 5, 20 or 80 products. The caption shows the size of the factors, and
# the error.


def rebuilt(rank):
    product = (U[:, :rank] * s[:rank] @ Vt[:rank]).clip(0, 1)
    image = product.reshape(len(photo), 3, -1).transpose(0, 2, 1)
    n_stored = rank * (sum(matrix.shape) + 1)
    return plots.Approximation.of(
        shown, image.astype(float), rank=rank, n_stored=n_stored
    )


figure = plots.compression_grid(photo, [rebuilt(rank) for rank in (5, 20, 80)])
