"""The ``latentia`` command: one file a subcommand.

A file imports what the help of its command needs, and the command imports the rest when
it runs.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from latentia._files import WritingError
from latentia.cli.console import flush_output, prepare_streams, say, warn
from latentia.cli.examples import in_words

COMMANDS = {
    "svd": "Compute the leading singular triplets of a matrix in a file.",
    "nmf": "Factorise a non-negative matrix in a file into W and components.",
    "gmm": "Fit a mixture of Gaussians to the rows of a matrix in a file.",
    "recommend": "Recommend items to users: lists from a table of events.",
    "compress": "Compress images by factorisation, and compare the file with PNG and "
    "JPEG.",
    "decompress": "Decompress a .lat file to images.",
    "train": "Train a model on images, on a GPU if there is one.",
    "sample": "Generate images with a trained model.",
    "evaluate": "Score generated images of a model or folder, and real images for "
    "comparison.",
    "audit": "Attack a model, to tell its training images from other images.",
    "export": "Write the network that generates images for programs without latentia "
    "(ONNX).",
    "walk": "Walk through the latent space of a trained model, image by image.",
    "directions": "Find directions in the latent space of a trained model.",
    "project": "Find codes from which a trained model generates images like given "
    "ones.",
    "report": "Write a page about a trained model: training, samples, quality, latent "
    "space.",
    "demo": "Factorise images, text and ratings; write a page with figures and run "
    "times.",
    "bench": "Compare latentia with its peers: time and quality side by side.",
    "info": "Show the version, the CPU level, the number of threads and libraries.",
}
"""The names of the commands, and the first lines of their help."""

PANELS = {
    "Matrices and events": ("svd", "nmf", "gmm", "recommend"),
    "Image files": ("compress", "decompress"),
    "Train and use a model of images": ("train", "sample", "export"),
    "Examine a model of images": ("evaluate", "audit", "report"),
    "Latent space": ("walk", "directions", "project"),
    "latentia itself": ("demo", "bench", "info"),
}
"""The headings in the list of commands."""

COMPLETION = "_LATENTIA_COMPLETE"
"""The variable by which a shell asks for completions."""

# Errors that a user can fix. ArithmeticError: a training diverged with every learning
# rate.
USER_ERRORS = (
    ValueError,
    TypeError,
    OSError,
    ImportError,
    MemoryError,
    ArithmeticError,
)


def main() -> None:
    """Run the command line; an error that a user can fix is one line and exit code 2.

    With ``LATENTIA_DEBUG=1`` the traceback is printed above the line.
    """
    prepare_streams()
    try:
        try:
            code = _run()
        finally:  # an error of printing names standard output
            flush_output()
    except USER_ERRORS as error:
        if os.environ.get("LATENTIA_DEBUG") == "1":
            traceback.print_exc()
        warn(_message(error))
        code = 2
    except KeyboardInterrupt:
        warn("stopped")
        code = 130
    raise SystemExit(code)


def _run() -> int:
    """Return the exit code of the command."""
    try:
        app(_arguments())(prog_name="latentia")
    except SystemExit as stop:
        # Typer makes an exit of Ctrl-C; a command that has told of it does so itself.
        cause = getattr(stop.__context__, "__cause__", None)
        if isinstance(cause, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return int(stop.code or 0)
    return 0


def _say_version(wanted: bool) -> None:
    if wanted:
        from latentia import __version__

        say(f"latentia {__version__}")
        raise typer.Exit


def app(arguments: Sequence[str]) -> typer.Typer:
    """Return the command, with those subcommands that the arguments can reach.

    Importing the files of all would double the time of a help text.
    """
    found = typer.Typer(
        help="Factorise matrices, fit mixtures, and train small image generators.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    found.callback()(_options)
    first = arguments[0] if arguments else ""
    named = not COMMANDS.keys().isdisjoint(arguments)
    for panel, names in PANELS.items():
        for name in {first} & {*names} if first in COMMANDS else names:
            if named:
                function = getattr(import_module(f"{__name__}.{name}"), name)
                found.command(name, epilog=in_words(name))(function)
            else:  # none of them is called: the names are listed, or searched for one
                found.command(name, help=COMMANDS[name], rich_help_panel=panel)(
                    lambda: None
                )
    return found


def _arguments() -> list[str]:
    """Return the arguments, also those that a shell wants to have completed."""
    if COMPLETION not in os.environ:
        return sys.argv[1:]
    # Of bash, and of the other shells.
    words = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")
    return next((os.environ[w] for w in words if w in os.environ), "").split()[1:]


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass


def _message(error: BaseException) -> str:
    if isinstance(error, WritingError):  # without its number
        return str(error.strerror)
    return str(error) or type(error).__name__


__all__ = ["app", "main"]
