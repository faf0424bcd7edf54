"""Data to work on: files of matrices and pictures, ready-made and made sets."""

from .docstrings import Documents, load_docstrings
from .idx import read_idx
from .image_folder import ImageFolder, load_image_folder
from .images import read_image
from .made import made_decaying, made_zipf_counts
from .made_ratings import MadeRatings, made_ratings
from .matrix_files import load_matrix
from .ready_made import (
    LabelledImages,
    load_digits,
    load_fashion_mnist,
    load_photo,
)

__all__ = [
    "Documents",
    "ImageFolder",
    "LabelledImages",
    "MadeRatings",
    "load_digits",
    "load_docstrings",
    "load_fashion_mnist",
    "load_image_folder",
    "load_matrix",
    "load_photo",
    "made_decaying",
    "made_ratings",
    "made_zipf_counts",
    "read_idx",
    "read_image",
]
