"""The model in a file or in the folder of a run, of any kind that makes images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latentia._model_file import kind_of
from latentia._run_manifest import BEST

PRIVATE = "PrivateImages"


def load_model(run: Path) -> Any:
    """Return a PrivateImages, which needs no PyTorch, or a model of ``generative``."""
    if kind_of(private_file(run)) == PRIVATE:
        from latentia.privacy import PrivateImages

        return PrivateImages.load(private_file(run))
    from latentia.generative import load

    return load(run)


def private_file(run: Path) -> Path:
    """Return the file of a run that would hold a private model."""
    return run / BEST if run.is_dir() else run
