"""Statistics: gold tables that SQL cannot say well, and the pure functions that they are made with.

A module named after a table has READS, the tables that it wants as views, and `build`, which makes it.
Not here: anything that knows where tables lie, or Dagster.
"""
