"""Training: one loop for every model.

`recipe` is what a model brings, `trainer` the loop, and every other file one thing that
the loop asks for.
"""
