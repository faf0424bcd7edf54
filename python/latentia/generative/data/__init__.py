"""Images to train on: from arrays, tensors, folders and datasets to one form."""

from .accept import as_image_set
from .arrays import to_numpy
from .image_set import ImageSet
from .labels import class_indices

__all__ = ["ImageSet", "as_image_set", "class_indices", "to_numpy"]
