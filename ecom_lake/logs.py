"""What happens, a line an event: when, in which run, shop and table, what, and its facts.

Where lines go is the environment's choice (settings.py reads it); without one they go nowhere, and whoever listens to the
logger `ecom_lake` has them all: Dagster does, for the run's own log. Facts are names, counts, seconds and the sentences of our
own errors; never what a client library said, which may hold what is secret.
Not here: progress for people (cli/screen.py), what is kept of a refusal (engine/build/step/trouble.py).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from ecom_lake.errors import UsageError
from ecom_lake.visible import visible

LOGGER = logging.getLogger("ecom_lake")
LOGGER.addHandler(logging.NullHandler())  # without it, Python prints warnings that nobody listens to
LOGGER.setLevel(logging.INFO)
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(**where: str) -> Iterator[None]:
    """Every line from within says so: run, shop, table."""
    before = _about.set({**_about.get(), **where})
    try:
        yield
    finally:
        _about.reset(before)


def carried() -> Callable[[], None]:
    """What a pool of threads starts each of them with, so that their lines say the same."""
    here = _about.get()
    return lambda: _about.set(here) and None


def tell(event: str, level: int = logging.INFO, **facts: object) -> None:
    said = {**_about.get(), **facts}
    LOGGER.log(level, _line(event, said), extra={"event": event, "facts": said})


def start(where: str) -> None:
    """Send lines somewhere: `json` or `text` to standard error, whatever else is a file's name; nothing ends it."""
    for old in [handler for handler in LOGGER.handlers if isinstance(handler, _StandardError | logging.FileHandler)]:
        LOGGER.removeHandler(old)
        old.close()
    if where:
        handler: logging.Handler = _StandardError() if where in ("json", "text") else _file(where)
        handler.setFormatter(_Text() if where == "text" else _Json())
        LOGGER.addHandler(handler)


def _file(where: str) -> logging.Handler:
    try:
        path = Path(where).expanduser()
        path.touch(mode=0o600)  # a new one is its owner's alone
        return logging.FileHandler(path, encoding="utf-8", delay=False)
    except OSError as error:
        raise UsageError(
            f"ECOM_LAKE_LOG: {where} cannot be written to: {error.strerror}. It takes json, text or a file."
        ) from None


def _line(event: str, facts: Mapping[str, object]) -> str:
    """Shop and table first, then the event, then the facts: for eyes and for grep."""
    place = " ".join(str(facts[name]) for name in ("shop", "table") if name in facts)
    rest = " ".join(f"{name}={_plain(fact)}" for name, fact in facts.items() if name not in ("shop", "table"))
    return " ".join(part for part in (place, event, rest) if part)


def _plain(fact: object) -> str:
    text = str(fact)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


class _StandardError(logging.Handler):
    """Where standard error is when a line comes, not where it was when this was made."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{_moment(record):%Y-%m-%d %H:%M:%S} {record.levelname:7} {visible(record.getMessage())}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {})
        event = getattr(record, "event", record.getMessage())
        line = {"at": _moment(record).isoformat(timespec="milliseconds"), "level": record.levelname.lower(), "event": event}
        return json.dumps(line | facts, default=str, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
