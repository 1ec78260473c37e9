"""The API: the gold tables, questions, KPIs and quality of every release over HTTP, for programs. It only reads.

One file for each kind of answer; app.py has the addresses. Not here: pages for people (publish/dashboard/).
"""
