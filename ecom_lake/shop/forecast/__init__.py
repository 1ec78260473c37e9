"""Methods that forecast a series, how they are tried, and what follows for intervals and categories.

Not here: the tables (sales_forecast.py), which lie beside this folder.
"""
