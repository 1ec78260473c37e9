"""Imports all modules that a build needs, before any thread starts."""

import duckdb  # noqa: F401
import polars  # noqa: F401
import sklearn.cluster  # noqa: F401

import ecom_lake_tests.chaos.kills
import ecom_lake_tests.chaos.races  # noqa: F401
from ecom_lake_tests import catalog

catalog.in_order()
