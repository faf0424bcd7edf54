"""Errors of damaged files: one ValueError that names the file."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

from latentia._files import check_input


@contextmanager
def reading(path: str | PathLike[str], kind: str) -> Iterator[None]:
    """Convert errors of a decoder that reads a damaged file into a ValueError.

    Parameters and errors are those of ``decoding``. In addition, an OSError is raised
    if the file does not exist, or is a pipe, which may never end.
    """
    check_input(path)
    with decoding(path, kind):
        yield


@contextmanager
def decoding(path: object, kind: str) -> Iterator[None]:
    """Convert errors of a decoder that reads a damaged file into a ValueError.

    Third-party decoders raise nearly any exception for damaged files
    (``struct.error``, ``IndexError``, ``zlib.error``, ``SyntaxError``,
    ``MemoryError`` ...). So only two kinds are passed on unchanged: a missing package,
    and an error of the operating system (missing file, no permission), which has an
    errno.

    Parameters
    ----------
    path : path-like or object
        The file, or a part of one, as the message names it.
    kind : str
        What the file should have been, for example "IDX file".

    Raises
    ------
    ValueError
        One line: the path, the kind and the reason that the decoder gives.
    OSError
        An error of the operating system.
    """
    try:
        yield
    except ImportError:
        raise
    except Exception as error:
        # EINVAL: a wrong offset in the file led to a seek before its start.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not a readable {kind}: {reason}") from error
