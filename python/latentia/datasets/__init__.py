"""Data to work on: files of matrices and pictures, ready-made and made sets."""

from .idx import read_idx
from .image_folder import ImageFolder, load_image_folder
from .images import read_image
from .made import made_decaying, made_zipf_counts
from .matrix_files import load_matrix
from .ready_made import (
    LabelledImages,
    load_digits,
    load_fashion_mnist,
    load_photo,
)

__all__ = [
    "ImageFolder",
    "LabelledImages",
    "load_digits",
    "load_fashion_mnist",
    "load_image_folder",
    "load_matrix",
    "load_photo",
    "made_decaying",
    "made_zipf_counts",
    "read_idx",
    "read_image",
]
