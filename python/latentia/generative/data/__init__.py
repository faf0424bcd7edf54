"""Images to train on: from arrays, tensors, folders and datasets to one form."""

from .accept import as_image_set
from .arrays import to_numpy
from .image_set import ImageSet
from .labels import class_indices
from .resize import mode_of

__all__ = ["ImageSet", "as_image_set", "class_indices", "mode_of", "to_numpy"]
