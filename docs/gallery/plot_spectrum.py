"""
PCA of digits, with error bounds
================================

How many components do images of 8 × 8 pixels have? Every singular value comes with a
bound of its error.
"""

from latentia import PCA, datasets, plots

digits = datasets.load_digits()
X = digits.images.reshape(len(digits.images), -1) / 255
pca = PCA(40, random_state=0).fit(X)
spectrum = plots.spectrum(
    pca.singular_values_,
    errors=pca.error_bound_,
    cumulative=pca.explained_variance_ratio_.cumsum(),
)

# %%
# The curve has no sharp bend, so ask for a share of the variance instead.

print(PCA(0.9).fit(X).n_components_, "components explain 90 % of the variance")

# %%
# The first components are images too: strokes that are present (light) or absent
# (dark).

components = plots.image_grid(
    pca.components_[:16].reshape(-1, 8, 8), columns=8, symmetric=True
)
