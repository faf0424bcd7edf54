"""Gaussian mixtures by expectation maximisation."""

from latentia.mixture.gaussian_mixture import GaussianMixture
from latentia.mixture.selection import Candidate, MixtureSelection, select_mixture

__all__ = ["Candidate", "GaussianMixture", "MixtureSelection", "select_mixture"]
