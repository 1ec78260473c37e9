"""A release as a Power BI project: a semantic model in TMDL, a report in PBIR, and their queries of the lake in M.

Here: `tables.py` and `measures/` state what is in the model, `pages.py` what is on the report; `project.py` renders all files.
Not here: the meaning of a number (`ecom_lake/shop/vocabulary.py`) and of a column (the contracts).
"""
