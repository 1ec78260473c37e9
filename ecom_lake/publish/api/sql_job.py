"""One SQL query in a process of its own, which its parent may kill at any moment: `python -m ecom_lake.publish.api.sql_job`.

It reads its job from standard input and writes the outcome to standard output: a line of JSON, then the answer. The process has
an empty environment, writes no file, and ends itself when its time is over, also when its parent was killed. It imports little,
because each query starts one. Not here: who may ask, and which tables (sql.py).
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve.query import Answer, Limits, TooLongError, TooMuchMemoryError, session_over
from ecom_lake.engine.serve.views import Views
from ecom_lake.errors import UsageError, UserError

FOR_ITSELF = 256 * 10**6
"""Bytes that the process may take in addition to the memory of the query."""
_TO_INTERRUPT = 2
"""Seconds that a query may take to end when it is interrupted."""
_KINDNESS = 5
"""The niceness of the process, so that queries wait for the other requests of the server."""
_BATCH = 1_000


@dataclass(frozen=True)
class Job:
    query: str
    format: str
    views: Mapping[str, str]
    files: Mapping[str, str]
    seconds: float
    memory_mb: int
    threads: int
    rows: int
    answer_mb: int

    def as_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True)
class Outcome:
    status: int = 200
    detail: str = ""
    """The sentence of an error."""
    columns: Sequence[str] = ()


def main() -> None:
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    for number in (signal.SIGALRM, signal.SIGINT):  # Ctrl-C in the terminal of the server
        signal.signal(number, signal.SIG_DFL)
    signal.alarm(math.ceil(job.seconds) + _TO_INTERRUPT)  # the kernel ends the process, whatever it is doing
    os.nice(_KINDNESS)
    outcome, content = _outcome(job)
    sys.stdout.buffer.write(json.dumps(asdict(outcome)).encode() + b"\n")
    sys.stdout.buffer.write(content)


def _outcome(job: Job) -> tuple[Outcome, bytes]:
    try:
        return _answered(job)
    except TooLongError:
        return Outcome(503, f"The query took longer than {job.seconds:,g} s and was stopped. Ask for less at a time."), b""
    except (TooMuchMemoryError, MemoryError):
        detail = f"The query needs more than {job.memory_mb} MB of memory. Ask for fewer rows or columns at a time."
        return Outcome(422, detail), b""
    except UserError as error:
        return Outcome(422 if isinstance(error, UsageError) else 503, str(error)), b""


def _answered(job: Job) -> tuple[Outcome, bytes]:
    readable = Views(
        {TableId.parse(table): sql for table, sql in job.views.items()}, {url: Path(file) for url, file in job.files.items()}
    )
    limits = Limits(job.seconds, f"{job.memory_mb}MB", spill="")
    with session_over(readable, limits, job.threads, by_signals=False) as opened:
        _limit_memory(job.memory_mb * 10**6)
        answer = opened.ask(job.query)
        if twice := next((name for name in answer.columns if answer.columns.count(name) > 1), None):
            raise UsageError(f"Two columns are called {twice}: rename one with AS.")
        content = _Bounded(job.answer_mb * 10**6)
        _WRITERS[job.format](answer, job.rows, content)
        return Outcome(columns=answer.columns), content.getvalue()


def _limit_memory(more: int) -> None:
    """Bound the address space, because DuckDB does not count every allocation. Only Linux states how much is taken already."""
    if (status := Path("/proc/self/statm")).exists():
        taken = int(status.read_text().split()[0]) * resource.getpagesize()
        most = taken + more + FOR_ITSELF
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


# -------------------------------------------------------------------------------------------------------- writing answers


class _Bounded(io.BytesIO):
    """Bytes in memory, up to a limit."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._size = most, 0

    def write(self, data: Any) -> int:
        self._size += len(data)
        if self._size > self._most:
            raise UsageError(f"The answer is larger than {self._most / 10**6:,g} MB. Ask for fewer rows or columns.")
        return super().write(data)


def _write_json(answer: Answer, most: int, target: io.BytesIO) -> None:
    """The array of rows."""
    separator = b"["
    for row in _rows(answer, most):
        named = dict(zip(answer.columns, row, strict=True))
        target.write(separator + json.dumps(named, ensure_ascii=False, separators=(",", ":")).encode())
        separator = b","
    target.write(b"[]" if separator == b"[" else b"]")


def _write_csv(answer: Answer, most: int, target: io.BytesIO) -> None:
    from ecom_lake.engine.serve.csv_text import write_csv

    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    write_csv(text, answer.columns, _rows(answer, most), raw=True)
    text.detach()


def _write_arrow(answer: Answer, most: int, target: io.BytesIO) -> None:
    import pyarrow as pa

    table = _table(answer, most)
    with pa.ipc.new_stream(target, table.schema) as stream:
        stream.write_table(table)


def _write_parquet(answer: Answer, most: int, target: io.BytesIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.write_table(_table(answer, most), target, compression="zstd")
    except pa.ArrowNotImplementedError as error:
        raise UsageError(f"Parquet cannot hold a column of the answer: {error}. Cast it to varchar.") from None


_WRITERS: Mapping[str, Callable[[Answer, int, io.BytesIO], None]] = {
    "json": _write_json,
    "csv": _write_csv,
    "arrow": _write_arrow,
    "parquet": _write_parquet,
}


def _rows(answer: Answer, most: int) -> Iterator[list[Any]]:
    """The rows as plain values, up to a limit."""
    for number, row in enumerate(answer.rows(most + 1)):
        if number == most:
            raise _too_many(most)
        yield [_plain(value) for value in row]


def _table(answer: Answer, most: int) -> Any:
    import pyarrow as pa

    found: list[Any] = []
    with answer.batches(_BATCH) as reader:
        for batch in reader:
            found.append(batch)
            if sum(map(len, found)) > most:
                raise _too_many(most)
        return pa.Table.from_batches(found, reader.schema)


def _too_many(most: int) -> UsageError:
    return UsageError(f"The answer has more than {most:,} rows. Ask for sums, or for fewer rows with LIMIT.")


def _plain(value: Any) -> Any:
    """A value as JSON has it: decimals and what JSON has no type for are texts, dates and times are ISO 8601."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    return value.hex() if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    main()
