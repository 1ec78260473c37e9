"""Building tables: read the lake, call the pure function, audit the result, commit it. Nothing here imports Dagster.

One module for each step: ingest (landing → bronze), order_index, silver, gold, release. Each step is one function from a
`Site` to an `Outcome`. A step can run again at any time: it keeps the files that are up to date.
"""
