"""What a search for the leading singular vectors hands on."""

from __future__ import annotations

from dataclasses import dataclass

from latentia.decomposition.svd.certificate import Certificate
from latentia.decomposition.svd.orthonormal import Array
from latentia.rows import RowState


@dataclass(frozen=True)
class Projection:
    """An orthonormal basis K (n × c) of a space, its sketch MK (m × c), and the proof.

    ``MK`` is None where it has not been kept; ``certificate`` speaks of K or of a space
    within it.
    """

    K: Array
    MK: RowState | None
    certificate: Certificate
    n_passes: int
    method: str
    converged: bool
