"""
Clusters of a Dask array
========================

Estimators take Dask arrays as they are. Their results are Dask arrays too, and the
input of the next estimator; only small sums leave the workers.
"""

import dask
import dask.array as da
import matplotlib.pyplot as plt
import numpy as np

from latentia import PCA, GaussianMixture, datasets

dask.config.set(scheduler="threads")  # or dask.distributed.Client("scheduler:8786")
digits = datasets.load_digits()
X = da.from_array(digits.images.reshape(-1, 64) / 255, chunks=(450, 64))

Z = PCA(6, random_state=0).fit_transform(X)  # a Dask array: partitions of X
mixture = GaussianMixture(10, random_state=0).fit(Z)
labels = mixture.predict(Z)
print(Z)

# %%
# Two components of the six, coloured by cluster; a digit marks the most frequent class
# of a cluster.

codes, found = dask.compute(Z, labels)
figure, axes = plt.subplots(figsize=(6.5, 5), layout="constrained")
axes.scatter(*codes[:, :2].T, c=found, cmap="tab10", s=8, alpha=0.7)
for cluster, mean in enumerate(mixture.means_):
    digit = np.bincount(digits.labels[found == cluster]).argmax()
    axes.annotate(
        str(digit),
        mean[:2],
        ha="center",
        va="center",
        fontweight="bold",
        bbox={"boxstyle": "circle", "facecolor": "white", "edgecolor": "#1c2733"},
    )
axes.set(xlabel="first component", ylabel="second component")
plt.show()
