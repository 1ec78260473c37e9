"""SQL over HTTP: one query on one release, in a process that ends with its request (decision 0052).

Off unless lake.toml switches it on, and for keys with the scope sql only. Without the scope pii, a query sees the tables that
have no personal column: a session can read every file of its views, so a view that hides a column would not hide it.
Here: who may ask, which tables, the process. Not here: the query (sql_job.py), how many run at once (turns.py).
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve.views import LAYERS, RELEASED, views
from ecom_lake.logs import context, log_event
from ecom_lake.publish.api.access import client_of, may_see_people, need
from ecom_lake.publish.api.catalogue import is_open
from ecom_lake.publish.api.formats import MEDIA_TYPES, Format, document, wanted
from ecom_lake.publish.api.parameters import OfRelease
from ecom_lake.publish.api.problem import RETRY_LATER, ProblemError
from ecom_lake.publish.api.reader import Reader, gone
from ecom_lake.publish.api.replies import Body, reply
from ecom_lake.publish.api.sql_job import Job, Outcome
from ecom_lake.publish.api.turns import Turns
from ecom_lake.publish.dashboard.served_release import ServedRelease

LONGEST_TEXT = 8_000
"""Characters of a query; many proxies refuse longer addresses."""
TO_START = 20.0
"""Seconds that a process may take in addition to the time of its query."""
CLIENT_GONE = 499
_COMMAND = (sys.executable, "-I", "-m", "ecom_lake.publish.api.sql_job")
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}  # more arenas reserve address space, which is limited
_STOPPED = (-signal.SIGALRM, -signal.SIGKILL)
_NO_TABLE = re.compile(r"Table with name (\w+) does not exist")


class SqlParameters(BaseModel):
    query: str = Field(
        description="One query in DuckDB's dialect, such as `select month, net_sales from kpi_monthly`.", max_length=LONGEST_TEXT
    )
    format: Format | None = Field(None, description="Default: by the Accept header, else json.")
    release: OfRelease = None


class SqlQueries:
    def __init__(self, reader: Reader) -> None:
        settings = reader.releases.settings
        self._reader, self._limits = reader, settings.server
        self._threads = max(settings.threads // self._limits.sql_at_once, 1)
        self._turns = Turns(self._limits.sql_at_once)

    async def answer(self, request: Request, shop: str, asked: SqlParameters) -> Response:
        if not self._limits.sql:
            raise ProblemError(404, "SQL over HTTP is off: write sql = true below [server] in lake.toml, and start again.")
        need(request, "sql", "SQL")
        chosen = wanted(asked.format, request.headers.get("accept", ""))
        release = await run_in_threadpool(self._reader.release, request, shop, asked.release)
        job = await run_in_threadpool(self._job, release, asked.query, chosen, may_see_people(request))
        answered = asyncio.ensure_future(self._answered(client_of(request).name, release, job))
        left = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait((answered, left), return_when=asyncio.FIRST_COMPLETED)
            if not answered.done():
                return Response(status_code=CLIENT_GONE)
            outcome, content = answered.result()
        finally:
            answered.cancel()  # ends the process
            left.cancel()
            await asyncio.gather(answered, left, return_exceptions=True)
        return await run_in_threadpool(_reply, request, release, chosen, outcome, content)

    def _job(self, release: ServedRelease, query: str, format_: Format, sees_people: bool) -> Job:
        limits = self._limits
        layers = {*RELEASED, *(layer for layer in LAYERS if layer in query.casefold())}  # others are not downloaded

        def is_readable(table: TableId) -> bool:
            return table.layer in layers and (sees_people or _is_open(release, table))

        readable = views(release.site, release.entry, is_readable)
        return Job(
            query,
            format_,
            {str(table): sql for table, sql in readable.sql.items()},
            {url: str(file) for url, file in readable.files.items()},
            limits.sql_seconds,
            limits.sql_memory_mb,
            self._threads,
            limits.sql_rows,
            limits.sql_answer_mb,
        )

    async def _answered(self, client: str, release: ServedRelease, job: Job) -> tuple[Outcome, bytes]:
        """The outcome of a job. The log has no query: it may name a customer."""
        began, outcome, content = time.monotonic(), Outcome(CLIENT_GONE), b""
        try:
            async with self._turns.taken(client):
                outcome, content = await _run(job)
        finally:
            seconds = round(time.monotonic() - began, 3)
            with context(shop=release.site.shop.name, release=str(release.number), client=client):
                log_event("sql", status=outcome.status, seconds=seconds, bytes=len(content))
        return outcome, content


async def _left(request: Request) -> None:
    """Returns when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _run(job: Job) -> tuple[Outcome, bytes]:
    """The outcome of a process that runs the job. It has ended when this returns or is cancelled."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, env=_ENVIRONMENT)
    try:
        written, _ = await asyncio.wait_for(process.communicate(job.as_json() + b"\n"), job.seconds + TO_START)
    except TimeoutError:
        return _stopped(job), b""
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    if process.returncode in _STOPPED:
        return _stopped(job), b""
    if process.returncode:
        return Outcome(500, "The process of the query failed; the server's log has the error."), b""
    head, _, content = written.partition(b"\n")
    return Outcome(**json.loads(head)), content


def _stopped(job: Job) -> Outcome:
    return Outcome(503, f"The query took longer than {job.seconds:g} s or more memory than {job.memory_mb} MB, and was stopped.")


def _is_open(release: ServedRelease, table: TableId) -> bool:
    """Whether everybody may read the files of a table."""
    contract = release.site.registry.gold.get(table.name) if table.layer == "gold" else None
    return contract is not None and is_open(release.site.lake, contract, release.entry.parts(table).values())


def _reply(request: Request, release: ServedRelease, format_: Format, outcome: Outcome, content: bytes) -> Response:
    shop, number = release.site.shop.name, release.number
    if outcome.status != 200:
        raise _problem(request, release, outcome)
    if format_ == "json":
        head = {"shop": shop, "release": number, "columns": outcome.columns}
        content = b'%s,"rows":%s}' % (document(head)[:-1], content)
    return reply(request, Body(content, MEDIA_TYPES[format_]), number)


def _problem(request: Request, release: ServedRelease, outcome: Outcome) -> ProblemError:
    missing = _NO_TABLE.search(outcome.detail)
    if missing and not may_see_people(request) and any(table.name == missing[1] for table in release.entry.tables):
        return ProblemError(
            403,
            f"This key queries the gold tables without a personal column, and {missing[1]} is not one of them: it needs a key "
            "with the scope pii.",
        )
    if not release.site.lake.log.has(release.number):
        return gone(release.site.shop.name, release.number)
    return ProblemError(outcome.status, outcome.detail, RETRY_LATER if outcome.status == 503 else None)
