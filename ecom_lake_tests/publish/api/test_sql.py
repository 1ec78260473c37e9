"""SQL over HTTP: the answers, who may ask for which tables, the limits, and processes that end with their request."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import Any

import polars as pl
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from ecom_lake.engine.config import ServerSettings, Settings
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.publish.api import turns
from ecom_lake.publish.api.documents import ProblemDetails
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.api.reader import Reader
from ecom_lake.publish.api.sql import SqlQueries
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.engine.serve.test_ways_out import ESCAPES, SECRET, Ground
from ecom_lake_tests.publish.api.serving import serving

SHOP = "/v1/shops/olist"
SQL = f"{SHOP}/sql"
NEVER_ENDS = "select sleep_ms(600000)"
LIMITS = ServerSettings(sql=True, sql_seconds=60, sql_memory_mb=64, sql_rows=1_000, sql_answer_mb=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys") / "keys.toml")


@pytest.fixture(scope="module")
def asking(keys: Keys) -> str:
    return keys.new("asks", ["sql"])


@pytest.fixture(scope="module")
def seeing(keys: Keys) -> str:
    return keys.new("asks about people", ["sql", "pii"])


@contextmanager
def served(settings: Settings, keys: Keys, limits: ServerSettings = LIMITS) -> Iterator[TestClient]:
    app = server(replace(settings, server=limits), keys=keys, per_second=10_000)
    with TestClient(app, base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake, keys: Keys) -> Iterator[TestClient]:
    with served(grown_lake.settings, keys) as client:
        yield client


def asked(client: TestClient, key: str, query: str, **more: Any) -> Response:
    return client.get(SQL, params={"query": query, **more}, headers={"Authorization": f"Bearer {key}"})


def refused(answer: Response) -> tuple[int, str]:
    problem = ProblemDetails.model_validate(answer.json())
    assert (answer.status_code, answer.headers["content-type"]) == (problem.status, "application/problem+json")
    return problem.status, problem.detail


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Queue[int]:
    """The ids of the processes, as they are started."""
    found = Queue[int]()
    start = asyncio.create_subprocess_exec

    async def noted(*command: str, **options: Any) -> asyncio.subprocess.Process:
        process = await start(*command, **options)
        found.put(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    return found


# -------------------------------------------------------------------------------------------------------------- answers


def test_an_answer_in_every_format(client: TestClient, release: ServedRelease, asking: str) -> None:
    query = "select month, is_complete, net_sales, aov, orders from gold.kpi_monthly order by month desc"
    expected = release.frame(Query(query))
    answer = asked(client, asking, query)
    assert (answer.status_code, answer.headers["x-release"]) == (200, str(release.number))
    document = answer.json()
    assert (document["shop"], document["release"], document["columns"]) == ("olist", release.number, expected.columns)
    whole = client.get(
        f"{SHOP}/tables/kpi_monthly/rows?order=-month&columns={','.join(expected.columns)}",
        headers={"Authorization": f"Bearer {asking}"},
    )
    assert document["rows"] == whole.json()["rows"]
    assert pl.read_parquet(io.BytesIO(asked(client, asking, query, format="parquet").content)).equals(expected)
    assert pl.read_ipc_stream(io.BytesIO(asked(client, asking, query, format="arrow").content)).equals(expected)
    csv = asked(client, asking, query, format="csv")
    assert pl.read_csv(io.BytesIO(csv.content), schema=expected.schema).equals(expected)
    again = client.get(
        SQL, params={"query": query}, headers={"Authorization": f"Bearer {asking}", "If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_values_without_a_type_in_json(client: TestClient, asking: str) -> None:
    query = "select 1.50 a, 'nan'::double b, [{'x': 0.1::decimal(2, 1)}] c, 2::hugeint d, interval 1 day e, '\\xAA'::blob f"
    [row] = asked(client, asking, query).json()["rows"]
    assert row == {"a": "1.50", "b": None, "c": [{"x": "0.1"}], "d": 2, "e": "1 day, 0:00:00", "f": "aa"}
    status, sentence = refused(asked(client, asking, "select interval 1 day as e", format="parquet"))
    assert (status, sentence[:42]) == (422, "Parquet cannot hold a column of the answer")


def test_an_answer_without_rows_is_an_answer(client: TestClient, asking: str) -> None:
    query = "select month from kpi_monthly where false"
    assert asked(client, asking, query).json()["rows"] == []
    assert asked(client, asking, query, format="csv").text == "month\n"
    assert pl.read_ipc_stream(io.BytesIO(asked(client, asking, query, format="arrow").content)).schema == {"month": pl.Date()}


def test_a_query_reads_the_release_that_is_asked_for(fresh_grown_lake: BuiltLake, keys: Keys, asking: str) -> None:
    log = fresh_grown_lake.site().lake.log
    older, latest = sorted(number for number in log.numbers() if log.entry(number).release == number)[-2:]
    with served(fresh_grown_lake.settings, keys) as client:
        rows = {number: asked(client, asking, "from ledger", release=number).json() for number in (older, latest)}
        log.delete(older)
        deleted = asked(client, asking, "from nothing", release=older)
    assert [rows[number]["release"] for number in (older, latest)] == [older, latest]
    assert rows[older]["rows"] != rows[latest]["rows"]
    assert refused(deleted)[0] == 410


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("select 1; select 2", 422, "Ask one query at a time: this text holds 2 statements."),
        ("selec 1", 422, 'syntax error at or near "selec"'),
        ("from nothing", 422, "Table with name nothing does not exist!"),
        ("select 1 as a, 2 as a", 422, "Two columns are called a: rename one with AS."),
        ("from range(1001)", 422, "The answer has more than 1,000 rows."),
        ("select repeat('x', 2000000)", 422, "The answer is larger than 1 MB."),
        ("select length(repeat('x', 1000000000))", 422, "The query needs more than 64 MB of memory."),
        ("select 1" + " " * 8_000, 422, "query must have at most 8,000 characters."),
    ],
)
def test_a_query_that_cannot_be_answered_is_a_sentence(
    client: TestClient, asking: str, query: str, status: int, sentence: str
) -> None:
    found, detail = refused(asked(client, asking, query))
    assert (found, detail[: len(sentence)]) == (status, sentence)


def test_the_limits_of_rows_and_bytes_are_those_of_every_format(client: TestClient, asking: str) -> None:
    for format_ in ("csv", "arrow", "parquet"):
        assert "more than 1,000 rows" in refused(asked(client, asking, "from range(1001)", format=format_))[1]
    text = "select string_agg(md5(range::varchar), '') as text from range(100000)"  # hardly compresses
    for format_ in ("csv", "arrow", "parquet"):
        assert "larger than 1 MB" in refused(asked(client, asking, text, format=format_))[1]


# ----------------------------------------------------------------------------------------------------------- who may ask


def test_it_is_off_by_default_and_needs_a_key_with_the_scope(
    grown_lake: BuiltLake, keys: Keys, asking: str, tmp_path: Path
) -> None:
    with served(grown_lake.settings, keys, ServerSettings()) as client:
        assert refused(asked(client, asking, "select 1"))[1].startswith("SQL over HTTP is off: write sql = true below [server]")
    with served(grown_lake.settings, Keys(tmp_path / "keys.toml")) as client:
        assert refused(client.get(SQL, params={"query": "select 1"})) == (403, "SQL needs a key with the scope sql.")
    with served(grown_lake.settings, keys) as client:
        assert refused(asked(client, keys.new("reads", ["pii"]), "select 1"))[0] == 403
        assert client.get(SQL, params={"query": "select 1"}).status_code == 401
        assert refused(asked(client, keys.new("other shop", ["sql"], ["empty"]), "select 1"))[0] == 404


def test_without_the_scope_pii_no_query_reaches_a_personal_column(
    client: TestClient, release: ServedRelease, asking: str, seeing: str
) -> None:
    gold = release.site.registry.gold
    is_open = {name for name in gold if release.has(name) and gold[name].shareable == list(gold[name].columns)}
    views = "select schema_name, view_name from duckdb_views() where not internal"
    assert {(row["schema_name"], row["view_name"]) for row in asked(client, asking, views).json()["rows"]} == {
        ("gold", name) for name in is_open
    }
    [file] = release.entry.parts(TableId("gold", "rfm")).values()
    by_url = f"select customer_id from read_parquet('release://{file.path}') limit 1"
    assert refused(asked(client, asking, by_url))[0] == 422
    assert len(asked(client, seeing, by_url).json()["rows"]) == 1
    for table in ("rfm", "dim_seller", "fct_sales", "silver.orders"):
        status, sentence = refused(asked(client, asking, f"select count(*) from {table}"))
        hidden = f"{table.removeprefix('silver.')} is not one of them: it needs a key with the scope pii."
        assert (status, sentence) == (403, f"This key queries the gold tables without a personal column, and {hidden}")
        assert asked(client, seeing, f"select count(*) from {table}").status_code == 200


def test_files_of_a_layer_that_a_query_does_not_name_are_not_read(
    grown_lake: BuiltLake, client: TestClient, release: ServedRelease, seeing: str
) -> None:
    """Bronze of a remote lake may be large, and each file is downloaded before the query runs."""
    queries = SqlQueries(Reader(Releases(grown_lake.settings)))
    for query, layers in (("select 1", {"gold", "silver"}), ("from Bronze.orders", {"gold", "silver", "bronze"})):
        job = queries._job(release, query, "json", sees_people=True)
        assert {TableId.parse(view).layer for view in job.views} == layers
        assert {file.split("/_store/")[1].split("/")[0] for file in job.files.values()} == layers
    assert len(asked(client, seeing, "from bronze.orders limit 1").json()["rows"]) == 1
    assert set(release._session.tables) == {"gold", "silver"}


def test_no_statement_escapes(
    fresh_lake: BuiltLake, keys: Keys, seeing: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ways out of a session, over HTTP; each starts a process, which takes this test its time."""
    monkeypatch.setenv("ECOM_LAKE_TESTS_SECRET", "x")
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.csv").write_text(f"{SECRET}\n", encoding="utf-8")
    ground = Ground(fresh_lake, outside)
    before = ground.files()
    other = keys.new("also asks about people", ["sql", "pii"])
    with served(fresh_lake.settings, keys) as client, ThreadPoolExecutor(2) as pool:
        ways = [(seeing if number % 2 else other, ground.spelt(way)) for number, way in enumerate(ESCAPES)]
        answers = list(pool.map(lambda way: asked(client, *way), ways))
    assert ground.files() == before
    assert len(answers) == len(ESCAPES)
    assert {answer.status_code for answer in answers} <= {200, 422}
    for answer in answers:
        assert not any(one in answer.text for one in (SECRET, str(fresh_lake.folder), "ECOM_LAKE_TESTS_SECRET"))
    settings = "select value from duckdb_settings()"
    with served(fresh_lake.settings, keys) as client:
        assert str(fresh_lake.folder) not in asked(client, seeing, settings).text


# ------------------------------------------------------------------------------------------------------------- processes


def test_a_query_is_stopped_at_its_time_limit(grown_lake: BuiltLake, keys: Keys, asking: str) -> None:
    with served(grown_lake.settings, keys, replaced(sql_seconds=1)) as client:
        for query in (NEVER_ENDS, "select count(*) from range(100000000) a, range(100000) b where a.range + b.range = 7"):
            answer = asked(client, asking, query)
            status, sentence = refused(answer)
            assert (status, sentence[:35]) == (503, "The query took longer than 1 s and ")
            assert answer.headers["retry-after"] == "10"


def replaced(**changes: Any) -> ServerSettings:
    return LIMITS.with_changes(**changes)


def test_a_process_that_ends_early_is_an_error(grown_lake: BuiltLake, keys: Keys, asking: str, processes: Queue[int]) -> None:
    for number, status in ((signal.SIGALRM, 503), (signal.SIGKILL, 503), (signal.SIGTERM, 500)):
        with served(grown_lake.settings, keys) as client, ThreadPoolExecutor(1) as pool:
            answer = pool.submit(asked, client, asking, NEVER_ENDS)
            os.kill(processes.get(timeout=60), number)
            assert refused(answer.result())[0] == status
            assert answer.result().headers.get("retry-after") == ("10" if status == 503 else None)


def test_the_process_of_a_client_that_leaves_is_ended(
    grown_lake: BuiltLake, asking: str, keys: Keys, processes: Queue[int]
) -> None:
    with serving(replace(grown_lake.settings, server=LIMITS), keys) as address:
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as connection:
            query = NEVER_ENDS.replace(" ", "%20")
            head = f"GET {SQL}?query={query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {asking}\r\n\r\n"
            connection.sendall(head.encode())
            process = os.pidfd_open(processes.get(timeout=60))
        # Its exit status is left to the server's event loop, which waits for it.
        assert select.select([process], [], [], 60)[0], "the process of the query still runs"
    os.close(process)


def test_other_requests_and_other_keys_do_not_wait(
    client: TestClient, asking: str, seeing: str, processes: Queue[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "OF_ONE_CLIENT", 1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asked, client, asking, NEVER_ENDS)
        process = processes.get(timeout=60)
        second = asked(client, asking, "select 1")
        assert (refused(second)[0], second.headers["retry-after"]) == (429, "1")
        assert client.get(SHOP, headers={"Authorization": f"Bearer {asking}"}).status_code == 200
        assert asked(client, seeing, "select 1").status_code == 200
        assert not running.done()
        os.kill(process, signal.SIGKILL)
        assert running.result().status_code == 503


def test_the_log_has_the_key_and_the_outcome_and_not_the_query(
    client: TestClient, asking: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked(client, asking, "select 'somebody' from kpi_monthly")
    [record] = [one for one in caplog.records if getattr(one, "event", "") == "sql"]
    fields = vars(record)["fields"]
    assert (fields["client"], fields["shop"], fields["status"]) == (asking.split("_")[1], "olist", 200)
    assert "somebody" not in record.getMessage()
