"""Readers of arrays and tables in files, for row sources, data sets and commands."""
