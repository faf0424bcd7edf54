"""What a damaged file looks like to the caller: one exception that names it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

from latentia._files import check_input


@contextmanager
def reading(path: str | PathLike[str], kind: str) -> Iterator[None]:
    """Turn what a decoder raises over a damaged file into a ValueError.

    Parameters and errors are those of ``decoding``; besides, an OSError tells that
    there is no such file, or that it is a pipe, which may never end.
    """
    check_input(path)
    with decoding(path, kind):
        yield


@contextmanager
def decoding(path: object, kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises over a damaged file into a ValueError.

    Decoders of third parties meet damaged files with nearly any exception
    (``struct.error``, ``IndexError``, ``zlib.error``, ``SyntaxError``,
    ``MemoryError`` ...), so only two kinds are let through: a missing package, and an
    error of the operating system (missing file, no permission), which carries an errno.

    Parameters
    ----------
    path : path-like or object
        The file, or what is in one, as the message names it.
    kind : str
        What the file should have been, for example "IDX file".

    Raises
    ------
    ValueError
        One line: the path, the kind and the decoder's reason.
    OSError
        Of the operating system.
    """
    try:
        yield
    except ImportError:
        raise
    except Exception as error:
        # EINVAL is a seek to before the file's start, which a wrong offset asks for.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not a readable {kind}: {reason}") from error
