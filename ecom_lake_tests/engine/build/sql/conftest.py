"""The Spark session of the tests, which starts once in each process of pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecom_lake.engine.config import EngineSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def spark_session(spark_installed: None) -> SparkSession:
    """Two cores of this machine: the session of builds with the same settings, which may have closed it since the last test."""
    from ecom_lake.engine.build.sql.open_spark import shared_session

    return shared_session(EngineSettings(gold="spark", master="local[2]"))
