"""The serving file of a release: narrow copies and sums of its facts, from which pages answer filters (decision 0051).

It is derived from the release, never a part of it: without it every page shows the same numbers, later.
"""
