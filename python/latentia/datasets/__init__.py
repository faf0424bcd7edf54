"""Data to work on: files of matrices and pictures, ready-made and made sets."""

from typing import TYPE_CHECKING

from latentia._lazy import lazy

if TYPE_CHECKING:
    from latentia.datasets.docstrings import Documents, load_docstrings
    from latentia.datasets.idx import read_idx
    from latentia.datasets.image_folder import ImageFolder, load_image_folder
    from latentia.datasets.images import read_image
    from latentia.datasets.matrix_files import load_matrix
    from latentia.datasets.movielens import load_movielens
    from latentia.datasets.movielens_items import load_movielens_items
    from latentia.datasets.small_sets import (
        LabelledImages,
        load_digits,
        load_fashion_mnist,
        load_photo,
    )
    from latentia.datasets.synthetic_interactions import (
        SyntheticInteractions,
        make_interactions,
    )
    from latentia.datasets.synthetic_matrices import make_decaying, make_zipf_counts
    from latentia.datasets.synthetic_ratings import SyntheticRatings, make_ratings
    from latentia.datasets.synthetic_shapes import make_shapes
else:
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "latentia.datasets.docstrings": ["Documents", "load_docstrings"],
            "latentia.datasets.idx": ["read_idx"],
            "latentia.datasets.image_folder": ["ImageFolder", "load_image_folder"],
            "latentia.datasets.images": ["read_image"],
            "latentia.datasets.matrix_files": ["load_matrix"],
            "latentia.datasets.movielens": ["load_movielens"],
            "latentia.datasets.movielens_items": ["load_movielens_items"],
            "latentia.datasets.small_sets": [
                "LabelledImages",
                "load_digits",
                "load_fashion_mnist",
                "load_photo",
            ],
            "latentia.datasets.synthetic_interactions": [
                "SyntheticInteractions",
                "make_interactions",
            ],
            "latentia.datasets.synthetic_matrices": [
                "make_decaying",
                "make_zipf_counts",
            ],
            "latentia.datasets.synthetic_ratings": ["SyntheticRatings", "make_ratings"],
            "latentia.datasets.synthetic_shapes": ["make_shapes"],
        },
    )

__all__ = [
    "Documents",
    "ImageFolder",
    "LabelledImages",
    "SyntheticInteractions",
    "SyntheticRatings",
    "load_digits",
    "load_docstrings",
    "load_fashion_mnist",
    "load_image_folder",
    "load_matrix",
    "load_movielens",
    "load_movielens_items",
    "load_photo",
    "make_decaying",
    "make_interactions",
    "make_ratings",
    "make_shapes",
    "make_zipf_counts",
    "read_idx",
    "read_image",
]
