"""Gaussian mixtures by expectation maximisation."""

from latentia._interrupt import FitInterruptedWarning
from latentia.mixture.estimator import GaussianMixture
from latentia.mixture.parameters import CollapsedCovarianceError
from latentia.mixture.selection import Candidate, MixtureSelection, select_mixture

__all__ = [
    "Candidate",
    "CollapsedCovarianceError",
    "FitInterruptedWarning",
    "GaussianMixture",
    "MixtureSelection",
    "select_mixture",
]
