"""The suite of rows that live elsewhere: on disk, in Dask partitions."""
