"""The SQL prompt: statements end with a semicolon, Tab completes names, the arrow keys recall earlier queries."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.sql import show
from ecom_lake.engine.serve.query import Session
from ecom_lake.errors import UserError

HISTORY = ".ecom_lake_history"
HISTORY_LENGTH = 1000
_LEAVE = ("exit", "quit", "\\q", ".quit", ".exit")
_WORDS = (
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "limit",
    "join",
    "using",
    "describe",
    "summarize",
    "show tables",
    "explain",
)


def run_prompt(session: Session, shop: str, release: int) -> None:
    screen.show(f"Shop {shop}, release {release}. End a query with ; and leave with Ctrl-D. SHOW TABLES lists the tables.", "")
    with _editing(session):
        for query in _queries(f"{shop}> "):
            with _errors_shown():
                show(session.ask(query))
            screen.show("")


def _queries(prompt: str) -> Iterator[str]:
    """The typed statements, until the person leaves."""
    lines: list[str] = []
    while True:
        try:
            lines.append(input(f"{'...> ':>{len(prompt)}}" if lines else prompt))
        except KeyboardInterrupt:
            lines.clear()
            screen.show("")
            continue
        except EOFError:
            screen.show("")
            return
        typed = "\n".join(lines).strip()
        if typed.rstrip(";").strip().lower() in _LEAVE:
            return
        if typed.endswith(";"):
            lines.clear()
            yield typed
        elif not typed:
            lines.clear()


@contextlib.contextmanager
def _errors_shown() -> Iterator[None]:
    """Prints the error of a failed or interrupted query, and keeps the prompt open."""
    try:
        yield
    except UserError as error:
        screen.show_error(str(error))
    except KeyboardInterrupt:
        screen.show_error("", "Interrupted.")


@contextlib.contextmanager
def _editing(session: Session) -> Iterator[None]:
    """Line editing and history, if this Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    history = Path.home() / HISTORY
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    readline.set_history_length(HISTORY_LENGTH)
    readline.set_completer(_completer(_names(session)))
    readline.set_completer_delims(" \t\n,;()=<>+-*/")
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            readline.write_history_file(history)


def _names(session: Session) -> list[str]:
    tables = [
        name if layer in ("gold", "silver") else f"{layer}.{name}" for layer, names in session.tables.items() for name in names
    ]
    return sorted({*tables, *session.columns(), *_WORDS})


def _completer(names: list[str]) -> Callable[[str, int], str | None]:
    def complete(typed: str, state: int) -> str | None:
        matching = [name for name in names if name.startswith(typed.lower())]
        return matching[state] if state < len(matching) else None

    return complete
