"""``latentia export``: the network of a model as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentia.cli.console import say, working


def export(
    run: Annotated[
        Path,
        typer.Argument(help="The folder that train wrote, or a .safetensors file."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File (.onnx) for the network.")
    ],
    encoder: Annotated[
        bool,
        typer.Option("--encoder", help="For vae and rae: write the encoder instead."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Write the network that generates images for programs without latentia (ONNX).

    From z, float32 (n, latent_dim), and of models with classes y, their indices (n,),
    to images, float32 (n, C, H, W) in 0..1. Names of classes are in the metadata.
    """
    from latentia.cli.output import check_output

    check_output(output, (".onnx",), force=force, inputs=[run])

    from latentia.generative import load

    with working(f"reading {run}"):
        model = load(run, device="cpu")
    with working("exporting"):
        model.export(output, encoder=encoder, overwrite=force)
    inputs = "images" if encoder else "z and y" if len(model.classes_) else "z"
    say(
        f"{output} makes {'z' if encoder else 'images'} of {inputs}, any number at a "
        f"time"
    )
