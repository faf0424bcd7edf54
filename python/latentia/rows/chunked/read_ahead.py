"""One step ahead of the consumer, in a thread."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar, cast

T = TypeVar("T")

_END = object()


def read_ahead(items: Generator[T]) -> Generator[T]:
    """Yield the items; while one is worked on, a thread makes the next, and no more.

    So two buffers are enough for a generator that fills them in turn. The thread is
    there as long as this generator is: it has ended when ``close`` returns, or when an
    exception comes out, be it the consumer's or the generator's own.
    """
    with closing(items), ThreadPoolExecutor(1, "latentia-read-ahead") as thread:
        coming = thread.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = thread.submit(next, items, _END)
            yield cast(T, item)
