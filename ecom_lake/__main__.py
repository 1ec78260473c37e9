"""`python -m ecom_lake` is `ecom-lake`."""

from ecom_lake.cli import command

command()
