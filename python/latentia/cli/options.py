"""Options that several commands have, and what their help texts say about files."""

from __future__ import annotations

from typing import Annotated

import typer

IMAGES = (
    "A folder or .zip file of images (sub-folders are classes), a .npy file of images, "
    "a .npz file of images (X or images) and classes (y or labels), or a folder of IDX "
    "files like MNIST's."
)
CODES = ".npy of shape (n, latent_dim), or .npz with codes and, if there are classes, y"
MATRICES = (
    ".npy, .npz, .mtx, a table (.csv, .tsv, .csv.gz, .parquet, .feather), .h5 (or "
    "FILE.h5::DATASET), .h5ad (or FILE.h5ad::layers/NAME), .zarr, an image, or a "
    "folder of images or of .npy and .npz parts"
)
N_COMPONENTS = "-k", "--n-components"
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Memory for a matrix that is read by blocks (.npy, tables, .h5, .h5ad, "
        ".zarr or a folder of parts), like 4GB; by default 1GB.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        help="cuda computes on the GPU, with PyTorch; by default the compiled kernels "
        "compute on the CPU.",
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of a .csv or .tsv table has the names of the "
        "columns; by default this is detected.",
    ),
]
IndexColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Tables: the column that names the rows and is left out; none keeps all. "
        "By default the first column if it has no name or counts the rows.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Tables: the columns to read, separated by commas; a:c is all from a "
        "to c. "
        "Without header their names are 0, 1, ….",
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(help="Text tables: the character between two cells; \\t is a tab."),
]

METHOD, N_DIRECTIONS = "sefa", 8
"""How directions of a latent space are found, and how many."""

COMPRESSED = ".lat"
ANIMATIONS = (".gif", ".webp", ".apng", ".mp4", ".webm")
FPS = 12.0
SUITE_NAMES = (
    *("svd", "gmm", "nmf", "generation", "latent", "emoji", "compression"),
    *("rows", "recommend", "privacy", "peers", "scaling"),
)
