"""A thread that makes the next item while one is used."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar, cast

T = TypeVar("T")

_END = object()


def read_ahead(items: Generator[T]) -> Generator[T]:
    """Yield the items; while one is used, a thread makes the next one.

    It makes only one, so that two buffers are enough for a generator that fills them in
    turn. The thread has ended when ``close`` returns, and when an exception of the
    consumer or of the generator is raised.
    """
    with closing(items), ThreadPoolExecutor(1, "latentia-read-ahead") as thread:
        coming = thread.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = thread.submit(next, items, _END)
            yield cast(T, item)
