"""How a table is made: read the lake, call the pure function, audit the result, commit it. Knows no Dagster.

One module a step: ingest (landing → bronze), order_index, silver, gold, release. Each step is one function from a `Site`
to an `Outcome`, and may be run again at any time: what is unchanged is kept.
"""
