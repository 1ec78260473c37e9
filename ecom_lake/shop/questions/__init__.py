"""The business questions: one file each, found by the registry. `docs/how-to-add-a-question.md` describes the files.

Here: SQL over gold, each file with a head that has its title, parameters and chart; and
`parameters.toml`, the parameters that several questions share. Not here: Python.
"""
