"""Rows in the partitions of a Dask array or data frame, on a cluster or on threads.

A pass is a Dask graph. The kernel is one node of it, so that it is sent once to each
worker. One task for each partition runs the kernel where the partition is. The sums
are added in a tree, in the order of ``pairwise_sum``; only the total is returned.
States stay where they were computed. Tasks are pure: one that writes to a state returns
a new part. So what a lost worker held can be recomputed, with the same bits.
"""

from latentia.rows.dask.from_collection import dask_rows
from latentia.rows.dask.partitioned_rows import DaskRows

__all__ = ["DaskRows", "dask_rows"]
