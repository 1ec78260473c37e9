"""Planning and judging experiments. Not here: the tables (experiment_plan.py, experiment_simulation.py), beside this folder."""
