"""The business questions: one file each, found by itself; `docs/how-to-add-a-question.md` says what stands in it.

Here: SQL over gold, each with a head that says what it asks, what it may be asked with and how its answer is drawn; and
`parameters.toml`, the parameters that several questions share. Not here: Python.
"""
