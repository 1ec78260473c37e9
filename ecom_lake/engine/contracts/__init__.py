"""Contracts: the guarantees of every table, as data. No I/O, no Dagster, no code that builds a table."""
