"""Blocks from an iterator, which is made anew for every pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from latentia.rows.chunked.pieces import (
    Form,
    Piece,
    Pieces,
    as_piece,
    as_pieces,
    form_of,
)

Factory = Callable[[], Iterable[Any]]


@dataclass(frozen=True)
class Iteration:
    """Gives the pieces that a new iterator gives, which must be those of the first.

    Attributes
    ----------
    factory : callable
        Returns the iterator.
    n_pieces : int
        How many with rows it gave when they were counted.
    """

    factory: Factory
    n_pieces: int

    def __call__(self, numbers: Sequence[int]) -> Iterator[Piece]:
        """Yield the pieces with these numbers.

        Raises
        ------
        ValueError
            If there are fewer than before; or more, once the last has been asked for.
        """
        wanted, last = set(numbers), numbers[-1]
        number = -1
        for given in self.factory():
            piece, _ = as_piece(given, f"block {number + 1}")
            if piece.shape[0] == 0:
                continue
            number += 1
            if number == self.n_pieces:
                raise ValueError(
                    f"the iterator gives more than the {self.n_pieces} blocks that it "
                    "gave when it was opened"
                )
            if number in wanted:
                yield piece
            if number == last < self.n_pieces - 1:
                return
        if number < last:
            raise ValueError(
                f"the iterator ended after {number + 1} blocks, when it was opened "
                f"it gave {self.n_pieces}: it must be a new one at every call"
            )


def iterated(factory: Factory, name: str) -> Pieces:
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
    forms: list[tuple[str, Form]] = []
    for number, given in enumerate(made):
        called = f"{name}: block {number} of the iterator"
        piece, columns = as_piece(given, called)
        forms.append((called, form_of(piece, called, columns)))
    n_pieces = sum(form.n_rows > 0 for _, form in forms)
    return as_pieces(Iteration(factory, n_pieces), forms, name)
