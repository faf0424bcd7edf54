"""Rows in the partitions of a Dask array or data frame, on a cluster or on threads.

A pass is a Dask graph: the kernel is one node of it, so that it travels once to each
worker; a task a partition runs it where the partition is; the sums are added up in a
tree, in ``add_up``'s order, and only the total comes back. States stay where they were
made. Tasks are pure, also those that write to a state (they return a new part), so that
what a lost worker held is computed again, to the same bits.
"""

from latentia.rows.dask.accept import dask_rows
from latentia.rows.dask.rows import DaskRows

__all__ = ["DaskRows", "dask_rows"]
