"""The suites of generators: they need torch, which nothing else here imports."""
