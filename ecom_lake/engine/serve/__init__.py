"""Reading a lake: what is asked of the tables, and of their history and health. Writes nothing into it, knows no Dagster.

Here: answers as data. How they look is the affair of whoever shows them: `cli/`, a dashboard, an API.
"""
