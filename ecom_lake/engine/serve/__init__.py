"""Reading a lake: queries, questions, history and health. It writes nothing into a lake and imports no Dagster.

Here: answers as data. How they look is the affair of whoever shows them: `cli/`, a dashboard, an API.
"""
