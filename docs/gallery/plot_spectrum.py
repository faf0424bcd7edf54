"""
Singular values of images of digits
===================================

How many components do 8 × 8 pixels have?
"""

from latentia import PCA, datasets, plots

digits = datasets.load_digits()
X = digits.images.reshape(len(digits.images), -1)
pca = PCA(20, random_state=0).fit(X)
plots.spectrum(pca.singular_values_)
