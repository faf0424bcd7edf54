"""Memory that the kernels use again from pass to pass."""

from __future__ import annotations

import threading
from typing import Any

from latentia._native import kernels


class Workspace(threading.local):
    """A workspace of its own for every thread; one that is sent away arrives empty."""

    def __init__(self, *, single: bool) -> None:
        self._single = single
        self.memory: Any = (
            kernels.NmfWorkspaceFloat32() if single else kernels.NmfWorkspaceFloat64()
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _workspace, (self._single,)


def _workspace(single: bool) -> Workspace:
    return Workspace(single=single)
