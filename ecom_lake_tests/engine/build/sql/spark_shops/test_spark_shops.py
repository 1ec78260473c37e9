"""Random small shops on DuckDB and Spark: a few here, `make spark-shops SHOPS=3000` for more.

Slow: each table is one query of Spark over five shops.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecom_lake_tests.engine.build.sql.spark_shops.compared import differences

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


pytestmark = pytest.mark.skipif(
    "ECOM_LAKE_ON_DEMAND" not in os.environ,
    reason="on demand, with ECOM_LAKE_ON_DEMAND=1: it starts several processes for minutes",
)


def test_tables_of_random_shops_have_the_same_values(spark_session: SparkSession, tmp_path: Path) -> None:
    assert [*differences(spark_session, range(1, 6), tmp_path), *differences(spark_session, range(6, 11), tmp_path)] == []
