"""Opening and closing a Spark session: on this machine (`local[2]`), on a cluster (`spark://…`) or by Spark Connect (`sc://…`).

Here: everything that is set on a session so that its values are DuckDB's, and what differs between classic sessions and
Spark Connect. Not here: queries (on_spark.py). pyspark is imported by the functions, because it is an extra and slow to import.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ecom_lake.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import Observation, SparkSession

SECONDS_TO_ANSWER = 10
"""How long a master may take to accept a connection."""

_OF_VALUES: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, as it is in DuckDB, and not another number
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # a product that does not fit is an error, and is not rounded
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",  # dates before 1582 and times before 1900 are as they are stored
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.analyzer.allowSubqueryExpressionsInLambdasOrHigherOrderFunctions": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
}
"""What values and errors depend on. It is set on every session, also where an administrator chose otherwise."""

_CLASSIC: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ui.explainMode": "simple",  # the shortest text of a plan: Spark writes it for each query, although no UI shows it
}
_LOCAL: Mapping[str, str] = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}


def open_session(master: str, memory: str | None = None) -> SparkSession:
    """A session on this master. `memory`, such as `4g`, is that of the driver and of each executor; Spark Connect has its own."""
    _refuse_without_pyspark()
    if master.startswith(("spark://", "sc://")):
        _refuse_unreachable(master)
    session = _connected(master) if master.startswith("sc://") else _started(master, memory)
    for name, value in _OF_VALUES.items():
        session.conf.set(name, value)
    for logger in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(logger).disabled = True  # it prints the stack of Java before the error is raised
    return session


def close_session(session: SparkSession) -> None:
    """Stop the session, and the Java process that a classic session started."""
    with suppress(Exception):  # a session that lost its server has nothing to stop
        session.stop()
    if not is_connect(session):
        _end_java()


def is_connect(session: SparkSession) -> bool:
    return type(session).__module__.startswith("pyspark.sql.connect")


def counting(session: SparkSession) -> tuple[Observation, Any]:
    """An observation for `DataFrame.observe`, and the column `rows` that it counts."""
    if is_connect(session):
        from pyspark.sql.connect.functions import count, lit
        from pyspark.sql.connect.observation import Observation as OfConnect

        return cast("Observation", OfConnect()), count(lit(1)).alias("rows")
    from pyspark.sql import Observation
    from pyspark.sql import functions as classic

    return Observation(), classic.count(classic.lit(1)).alias("rows")


def _started(master: str, memory: str | None) -> SparkSession:
    """A classic session, for which pyspark starts a Java process."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    settings = {**_CLASSIC, **_OF_VALUES, **(_LOCAL if master.startswith("local") else {})}
    if memory:
        settings |= {"spark.driver.memory": memory, "spark.executor.memory": memory}
    if not _has_java():
        raise UserError("Spark needs Java 17 or newer, which is not installed here: install it, or set JAVA_HOME to its folder.")
    builder = SparkSession.builder.appName("ecom-lake").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        with _own_signals():
            _start_java({**settings, "spark.master": master, "spark.app.name": "ecom-lake"})
            session = builder.getOrCreate()
            session.sparkContext.setLogLevel("OFF")  # what fails is raised, and reported once
    except PySparkException as error:
        if error.getCondition() == "JAVA_GATEWAY_EXITED":
            raise UserError("Java ended before Spark started: it needs Java 17 or newer, and the memory that is set.") from None
        raise UserError(f"Spark did not start on {master}: {error.getCondition() or type(error).__name__}.") from error
    except Exception as error:  # py4j raises errors of several modules
        _end_java()
        raise UserError(f"Spark did not start on {master}: {_of_java(error)}.") from error
    return session


def _connected(master: str) -> SparkSession:
    """A session of Spark Connect. Not by `SparkSession.builder`, which would make the whole process one of Spark Connect."""
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # about the version of pandas, whose frames are not used
            from pyspark.sql.connect.session import SparkSession as OfConnect
    except (ImportError, PySparkException) as error:
        raise UserError("Spark Connect needs more packages than Spark: run `pip install 'ecom-lake[spark]'`.") from error
    session: Any = None
    try:
        session = OfConnect.builder.remote(master).create()
        session.sql("select 1").collect()
    except Exception as error:  # grpc raises errors of its own
        if session is not None:
            with suppress(Exception):
                session.stop()
        raise UserError(f"{_without_parameters(master)} does not answer as a Spark Connect server: check the address.") from error
    return cast("SparkSession", session)


def _refuse_without_pyspark() -> None:
    from importlib.util import find_spec

    if find_spec("pyspark") is None or find_spec("sqlglot") is None:
        raise UserError(
            "Gold on Spark needs ecom-lake[spark], which is not installed here: run `pip install 'ecom-lake[spark]'`."
        )


def _refuse_unreachable(master: str) -> None:
    """Spark itself tries for minutes. A master may be a list of hosts, of which one answers."""
    parts = urlsplit(master)
    places = [_place(one) for one in parts.netloc.split("@")[-1].split(";")[0].split(",")]
    if not any(_answers(*place) for place in places):
        raise UserError(f"No Spark master answers at {_without_parameters(master)}: start it, or correct `master` in lake.toml.")


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":") if re.search(r":\d+$", address) else (address, "", "15002")
    return host.strip("[]"), int(port)


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=SECONDS_TO_ANSWER):
            return True
    except OSError:
        return False


def _without_parameters(master: str) -> str:
    """The address without its parameters, which may contain a token."""
    return master.split("/;")[0].split(";")[0]


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(shutil.which("java")) if not home else (Path(home) / "bin" / "java").exists()


@contextmanager
def _own_signals() -> Iterator[None]:
    """pyspark replaces the handler of Ctrl-C. A build has its own, which ends the session."""
    try:
        before = signal.getsignal(signal.SIGINT)
        yield
    finally:
        with suppress(ValueError):  # only the main thread may set a handler
            signal.signal(signal.SIGINT, before)


def _start_java(settings: Mapping[str, str]) -> None:
    """Start the Java process without the lines that it prints before a log level can be set; what fails is raised."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway is None:
        launch: Any = launch_gateway
        conf = SparkConf(loadDefaults=False)
        for name, value in settings.items():
            conf.set(name, value)
        gateway = launch(conf, {"stdout": DEVNULL, "stderr": DEVNULL})
        SparkContext._gateway, SparkContext._jvm = gateway, gateway.jvm


def _end_java() -> None:
    """Without this, the Java process lives as long as Python."""
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway
    if gateway is None:
        return
    with suppress(Exception):
        gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        if process.stdin:
            process.stdin.close()  # which Java waits for
        with suppress(Exception):
            process.wait(timeout=SECONDS_TO_ANSWER)
        if process.poll() is None:
            process.kill()
    SparkContext._gateway = SparkContext._jvm = None


def _of_java(error: Exception) -> str:
    """The class of the exception of Java, without its message, which may contain data."""
    java = getattr(error, "java_exception", None)
    return str(java.getClass().getSimpleName()) if java is not None else type(error).__name__
