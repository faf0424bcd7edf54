"""Writes the report about a trained model."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike
from rich.console import Console

from latentia.pages.build import build_page
from latentia.privacy import MembershipAudit
from latentia.report.reported_model import ReportedModel
from latentia.report.sections import SECTIONS

_LEAD = (
    "The training of a generative model, images that it generates, quality scores with "
    "those of real images as reference, and the structure of its latent space."
)


def write_report(
    run: str | PathLike[str],
    X: Any,
    y: ArrayLike | None = None,
    *,
    out: str | PathLike[str],
    unseen: Any = None,
    audit: MembershipAudit | None = None,
    seed: int = 0,
    force: bool = False,
    console: Console | None = None,
) -> Path:
    """Write a page about a trained model: training, samples, quality, latent space.

    Parameters
    ----------
    run : path
        The folder of a run, whether or not its training has ended, or a file of a
        model.
    X : array, tensor, path or torch Dataset
        The training images.
    y : array-like of shape (n,), optional
        Their labels, if X does not bring any.
    out : path
        Folder for ``report.html`` and the PNG files; it appears when all is done.
    unseen : images, or tuple (images, labels), optional
        Held-out real images.
    audit : MembershipAudit, optional
        What attacks on the model found, for the section on privacy.
    seed : int, default=0
        Seed of all random numbers.
    force : bool, default=False
        Write into ``out`` even if there are files in it.
    console : rich.console.Console, optional
        Where the progress is shown; standard error by default.

    Returns
    -------
    Path
        The page, ``report.html``.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    OSError
        If ``out`` has files in it, or cannot be written.
    ValueError
        If the model's file is damaged, or the images do not have the model's shape.
    ImportError
        If PyTorch, matplotlib or Pillow is missing.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.report import write_report
    >>> images = load_digits().images
    >>> page = write_report("runs/digits", images, out="report")  # doctest: +SKIP
    """

    def load() -> ReportedModel:
        from latentia.generative import load
        from latentia.generative.models.real_images import real_images

        model = load(run)
        images, labels = real_images(model, X, y)
        others = others_labels = None
        if unseen is not None:
            pair = unseen if isinstance(unseen, tuple) else (unseen, None)
            others, others_labels = real_images(model, *pair, name="unseen")
        return ReportedModel(
            model,
            images,
            labels,
            others,
            Path(run),
            seed=seed,
            unseen_labels=others_labels,
            audit=audit,
        )

    return build_page(
        "Report on a trained model",
        lead=_LEAD,
        load=load,
        sections=SECTIONS,
        out=Path(out),
        force=force,
        console=console,
    )
