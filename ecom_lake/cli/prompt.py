"""The SQL prompt: statements end with a semicolon, Tab completes names, the arrow keys bring back what was asked before."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.sql import show
from ecom_lake.engine.serve.query import Session
from ecom_lake.errors import UserError

HISTORY = ".ecom_lake_history"
REMEMBERED = 1000
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


def converse(session: Session, shop: str, release: int) -> None:
    screen.say(f"Shop {shop}, release {release}. End a query with ; and leave with Ctrl-D. SHOW TABLES lists what there is.", "")
    with _editing(session):
        for query in _queries(f"{shop}> "):
            with _said():
                show(session.ask(query))
            screen.say("")


def _queries(prompt: str) -> Iterator[str]:
    """What is typed, statement by statement, until the person leaves."""
    lines: list[str] = []
    while True:
        try:
            lines.append(input(f"{'...> ':>{len(prompt)}}" if lines else prompt))
        except KeyboardInterrupt:
            lines.clear()
            screen.say("")
            continue
        except EOFError:
            screen.say("")
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
def _said() -> Iterator[None]:
    """A query that fails or is interrupted ends with its sentence, not with the prompt."""
    try:
        yield
    except UserError as error:
        screen.complain(str(error))
    except KeyboardInterrupt:
        screen.complain("", "Interrupted.")


@contextlib.contextmanager
def _editing(session: Session) -> Iterator[None]:
    """Line editing, where this Python has it."""
    try:
        import readline
    except ImportError:
        yield
        return
    history = Path.home() / HISTORY
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    readline.set_history_length(REMEMBERED)
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
