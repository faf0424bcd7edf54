"""Scores of generated images in named feature spaces, next to those of real images."""

from latentia.evaluation.classification import (
    ImageClassifier,
    conditional_accuracy,
    train_on_generated,
)
from latentia.evaluation.density_coverage import DensityCoverage, density_coverage
from latentia.evaluation.evaluation import Evaluation, Score
from latentia.evaluation.frechet import (
    GaussianStatistics,
    frechet_distance,
    gaussian_statistics,
)
from latentia.evaluation.image_statistics import ImageStatistics, image_statistics
from latentia.evaluation.kernel_distance import KernelDistance, kernel_distance
from latentia.evaluation.memorisation import Memorisation, memorisation
from latentia.evaluation.scores import evaluate
from latentia.evaluation.shares import proportional_labels

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
