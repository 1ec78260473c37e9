"""What every table promises. Data about data: no I/O, no Dagster, no knowledge of how a table is made."""
