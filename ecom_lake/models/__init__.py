"""Statistics: gold tables that SQL cannot say well, and the pure functions that they are made with.

A module named after a table has READS, the tables that it wants as views, and `build`, which makes it. A model has VERSION and
`fit` instead: it gets its last fit, and says what it is, how it did and whether it is to be believed (fitted.py).
The folders hold what a table's module is made of.
Not here: anything that knows where tables lie, or Dagster.
"""
