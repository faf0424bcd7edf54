"""
How many clusters? A mixture chosen by BIC
==========================================

``select_mixture`` fits mixtures with several numbers of components and forms of the
covariance. BIC rewards the likelihood and charges for every parameter.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

from latentia import select_mixture

rng = np.random.default_rng(3)
centres = np.array([[0, 0], [4, 1], [1, 4], [5, 5], [-3, 4]])
shapes = rng.normal(0, 0.7, (5, 2, 2)) + 0.5 * np.eye(2)
X = np.vstack(
    [
        c + rng.standard_normal((200, 2)) @ a
        for c, a in zip(centres, shapes, strict=True)
    ]
)
found = select_mixture(X, range(1, 10), random_state=0, n_init=2)
best = found.best
print(best.n_components, "components,", best.covariance_type)

# %%
# Left: BIC of all candidates. Right: the best one, with ellipses of two standard
# deviations.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for form in ("full", "tied", "diag", "spherical"):
    some = [c for c in found.candidates if c.covariance_type == form]
    left.plot([c.n_components for c in some], [c.bic for c in some], ".-", label=form)
left.set(xlabel="components", ylabel="BIC, smaller is better")
left.legend(title="covariance", frameon=False)
right.scatter(*X.T, c=best.predict(X), cmap="tab10", s=6, alpha=0.6)
for mean, precision in zip(best.means_, best.precisions_, strict=True):
    variances, axes = np.linalg.eigh(np.linalg.inv(np.atleast_2d(precision)))
    angle = np.degrees(np.arctan2(axes[1, 0], axes[0, 0]))
    size = 4 * np.sqrt(variances)  # two standard deviations to either side
    right.add_patch(Ellipse(mean, *size, angle=angle, fill=False, lw=1.5))
right.set(title=f"{best.n_components} components", aspect="equal")
plt.show()
