"""Scores of generated images in a feature space, with those of real images."""

from .classification import ImageClassifier, conditional_accuracy, train_on_generated
from .density_coverage import DensityCoverage, density_coverage
from .evaluation import Evaluation, Score
from .frechet import GaussianStatistics, frechet_distance, gaussian_statistics
from .image_statistics import ImageStatistics, image_statistics
from .kernel_distance import KernelDistance, kernel_distance
from .memorisation import Memorisation, memorisation
from .scores import evaluate
from .shares import proportional_labels

__all__ = [
    "DensityCoverage",
    "Evaluation",
    "GaussianStatistics",
    "ImageClassifier",
    "ImageStatistics",
    "KernelDistance",
    "Memorisation",
    "Score",
    "conditional_accuracy",
    "density_coverage",
    "evaluate",
    "frechet_distance",
    "gaussian_statistics",
    "image_statistics",
    "kernel_distance",
    "memorisation",
    "proportional_labels",
    "train_on_generated",
]
