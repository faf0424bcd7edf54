"""The ``latentia`` command: one file a subcommand."""

from __future__ import annotations

import os
import traceback

import typer

from latentia._files import WritingError
from latentia.cli.bench import bench
from latentia.cli.compress import compress
from latentia.cli.console import flush_output, prepare_streams, warn
from latentia.cli.decompress import decompress
from latentia.cli.demo import demo
from latentia.cli.directions import directions
from latentia.cli.evaluate import evaluate
from latentia.cli.export import export
from latentia.cli.gmm import gmm
from latentia.cli.info import info
from latentia.cli.nmf import nmf
from latentia.cli.project import project
from latentia.cli.report import report
from latentia.cli.sample import sample
from latentia.cli.svd import svd
from latentia.cli.train import train
from latentia.cli.walk import walk

app = typer.Typer(
    help="Factorise matrices, fit mixtures, and train small image generators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    svd,
    nmf,
    gmm,
    compress,
    decompress,
    train,
    sample,
    evaluate,
    export,
    walk,
    directions,
    project,
    report,
    demo,
    bench,
    info,
)
for command in COMMANDS:
    app.command()(command)


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
        app()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _message(error: BaseException) -> str:
    if isinstance(error, WritingError):  # without its number
        return str(error.strerror)
    return str(error) or type(error).__name__


__all__ = ["app", "main"]
