"""Images to train on: from arrays, tensors, folders and datasets to one form."""

from latentia.generative.data.arrays import check_finite, to_numpy
from latentia.generative.data.conversion import as_image_set
from latentia.generative.data.image_set import ImageSet
from latentia.generative.data.labels import class_indices
from latentia.generative.data.resize import mode_of

__all__ = [
    "ImageSet",
    "as_image_set",
    "check_finite",
    "class_indices",
    "mode_of",
    "to_numpy",
]
