"""All code that uses Dagster: assets, checks, partitions, jobs, schedules, sensors. The body of an asset is one call."""
