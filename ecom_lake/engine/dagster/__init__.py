"""Everything Dagster, and nothing else: assets, checks, partitions, jobs, schedules, sensors. An asset's body is one call."""
