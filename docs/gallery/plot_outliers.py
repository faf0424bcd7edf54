"""
Outliers by their likelihood
============================

A mixture that is fitted to normal rows gives every new row a log-density. Rows that are
unlike all normal ones have a low one.
"""

import matplotlib.pyplot as plt
import numpy as np

from latentia import PCA, GaussianMixture, datasets, plots

digits = datasets.load_digits()
X = digits.images.reshape(len(digits.images), -1) / 255
strange = digits.labels == 4  # fours are never seen in the fit
third = np.arange(len(X)) % 3
train, limits, test = (~strange & (third == i) for i in range(3))

pca = PCA(12, random_state=0).fit(X[train])
mixture = GaussianMixture(5, reg_covar=1e-3, random_state=0)
mixture.fit(pca.transform(X[train]))
score = mixture.score_samples(pca.transform(X))
limit = np.quantile(score[limits], 0.02)  # 2 % false alarms are wanted
print(f"fours found: {np.mean(score[strange] < limit):.0%}")
print(f"false alarms: {np.mean(score[test] < limit):.0%}")

# %%
# The limit is chosen from normal rows that the fit has not seen. Rows of the fit itself
# would give a limit that is too high, and many false alarms.

figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
bins = np.linspace(score.min(), score.max(), 60)
axes.hist(score[test], bins, color="#0b7285", alpha=0.7, label="normal, not seen")
axes.hist(score[strange], bins, color="#c2570c", alpha=0.7, label="fours")
axes.axvline(limit, color="#1c2733", lw=1)
axes.annotate(
    "limit ", (limit, 0.95), xycoords=("data", "axes fraction"), ha="right", va="top"
)
axes.set(xlabel="log-density", ylabel="images")
axes.legend(frameon=False, loc="upper left")
plt.show()

# %%
# The least likely images among the normal ones: badly written.

order = score[test].argsort()[:12]
images = digits.images[test][order]
labels = [str(label) for label in digits.labels[test][order]]
unlikely = plots.image_grid(images, titles=labels, columns=12)
