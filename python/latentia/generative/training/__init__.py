"""Training: one loop for every model.

`recipe` has the interface of a model's recipe, `trainer` the loop. Every other file is
one part of the loop.
"""
