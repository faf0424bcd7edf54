"""The suite of rows that live elsewhere: on disk, in Dask partitions.

dask, distributed, h5py and zarr are imported by the functions that need them.
"""

from latentia.benchmarks.rows.suite import run_rows

__all__ = ["run_rows"]
