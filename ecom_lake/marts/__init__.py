"""Gold in SQL: one file per table, named after it. Each is one SELECT that names its inputs; `pipeline/recipes.py` finds it."""
