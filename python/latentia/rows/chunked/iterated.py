"""Blocks from an iterator; every pass makes a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from latentia.rows.chunked.concatenated import (
    ConcatenatedParts,
    Part,
    PartInfo,
    as_part,
    concatenate_parts,
    part_info,
)

Factory = Callable[[], Iterable[Any]]


@dataclass(frozen=True)
class Iteration:
    """Reads the parts of a new iterator, which must be those of the first one.

    Attributes
    ----------
    factory : callable
        Returns the iterator.
    n_parts : int
        The number of parts with rows that the first one yielded.
    """

    factory: Factory
    n_parts: int

    def __call__(self, numbers: Sequence[int]) -> Iterator[Part]:
        """Yield the parts with these numbers.

        Raises
        ------
        ValueError
            If there are fewer parts than before, or more.
        """
        wanted, last = set(numbers), numbers[-1]
        number = -1
        for given in self.factory():
            part, _ = as_part(given, f"block {number + 1}")
            if part.shape[0] == 0:
                continue
            number += 1
            if number == self.n_parts:
                raise ValueError(
                    f"the iterator gives more than the {self.n_parts} blocks that it "
                    "gave when it was opened"
                )
            if number in wanted:
                yield part
            if number == last < self.n_parts - 1:
                return
        if number < last:
            raise ValueError(
                f"the iterator ended after {number + 1} blocks, when it was opened "
                f"it gave {self.n_parts}: it must be a new one at every call"
            )


def iterated(factory: Factory, name: str) -> ConcatenatedParts:
    """Return the storage of a callable that returns a new iterator of blocks.

    It is called once here, to count rows.

    Raises
    ------
    TypeError, ValueError
        If it returns no iterator of matrices that fit together.
    """
    made = factory()
    if not isinstance(made, Iterable):
        raise TypeError(
            f"{name} must return an iterator of blocks, got {type(made).__name__}"
        )
    infos: list[tuple[str, PartInfo]] = []
    for number, given in enumerate(made):
        called = f"{name}: block {number} of the iterator"
        part, columns = as_part(given, called)
        infos.append((called, part_info(part, called, columns)))
    n_parts = sum(info.n_rows > 0 for _, info in infos)
    return concatenate_parts(Iteration(factory, n_parts), infos, name)
