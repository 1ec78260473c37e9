"""Structured logs: one line per event, with its time, run, shop, table and fields.

The environment decides where lines go (settings.py reads it). Without that setting nothing is printed, but every event still
reaches the logger `ecom_lake`: Dagster listens to it for the log of its run. Fields are names, counts, seconds and the sentences
of our own errors; never the message of a client library, which may contain a secret.
Not here: progress for people (cli/screen.py), failures that are stored (engine/build/step/trouble.py).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

from ecom_lake.errors import UsageError
from ecom_lake.user_path import user_path
from ecom_lake.visible import visible

LOGGER = logging.getLogger("ecom_lake")
LOGGER.addHandler(logging.NullHandler())  # without a handler, Python prints warnings to standard error
LOGGER.setLevel(logging.INFO)
_context: ContextVar[Mapping[str, str]] = ContextVar("context", default=MappingProxyType({}))


@contextmanager
def context(**fields: str) -> Iterator[None]:
    """Adds fields (run, shop, table) to every event that is logged inside the `with` block."""
    before = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(before)


def inherit_context() -> Callable[[], None]:
    """An initializer for a thread pool: its threads log with the context of the caller."""
    inherited = _context.get()
    return lambda: _context.set(inherited) and None


def log_event(event: str, level: int = logging.INFO, **fields: object) -> None:
    with_context = {**_context.get(), **fields}
    LOGGER.log(level, _line(event, with_context), extra={"event": event, "fields": with_context})


def start(where: str) -> None:
    """Send events to `where`: `json` or `text` to standard error, any other text is a file name; an empty one stops logging."""
    for old in [handler for handler in LOGGER.handlers if isinstance(handler, _StandardError | logging.FileHandler)]:
        LOGGER.removeHandler(old)
        old.close()
    if where:
        handler: logging.Handler = _StandardError() if where in ("json", "text") else _file(where)
        handler.setFormatter(_Text() if where == "text" else _Json())
        LOGGER.addHandler(handler)


def _file(where: str) -> logging.Handler:
    try:
        path = user_path(where, "ECOM_LAKE_LOG")
        path.touch(mode=0o600)  # only its owner may read a new log file
        return logging.FileHandler(path, encoding="utf-8", delay=False)
    except OSError as error:
        raise UsageError(
            f"ECOM_LAKE_LOG: {where} cannot be written to: {error.strerror}. Set it to json, text or a file name."
        ) from None


def _line(event: str, fields: Mapping[str, object]) -> str:
    """Shop and table first, then the event, then the other fields as name=value."""
    place = " ".join(str(fields[name]) for name in ("shop", "table") if name in fields)
    rest = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items() if name not in ("shop", "table"))
    return " ".join(part for part in (place, event, rest) if part)


def _quoted(value: object) -> str:
    """The value as text, in quotes where it contains a space or is empty."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


class _StandardError(logging.Handler):
    """Writes to the current `sys.stderr`, which may have been replaced since the handler was created."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{_logged_at(record):%Y-%m-%d %H:%M:%S} {record.levelname:7} {visible(record.getMessage())}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        event = getattr(record, "event", record.getMessage())
        line = {"at": _logged_at(record).isoformat(timespec="milliseconds"), "level": record.levelname.lower(), "event": event}
        return json.dumps(line | fields, default=str, ensure_ascii=False)


def _logged_at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
