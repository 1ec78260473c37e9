"""Asking in SQL: one query from the command line or a pipe, or a prompt."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO, get_args

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.place import Flag, Here
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.query import Answer

_OPTION = re.compile(r"--?[\w-]+(=.*)?")
Format = Literal["table", "csv", "json", "parquet"]
SHOWN_ROWS = 200
"""A table in a terminal is for looking at; whoever wants every row takes another format."""


def sql(
    query: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *more: Annotated[str, Parameter(show=False)],
    format_: Annotated[Format | None, Parameter(name="--format")] = None,
    out: Path | None = None,
    raw: Flag = False,
    place: Here,
) -> int:
    """Ask the released tables in SQL.

    The dialect is DuckDB's; the lake is read, never written. Gold and silver tables go by their names; bronze.orders,
    quarantine.orders, rejects.orders and pending.order_items are there too. Without a query, one is read from a pipe; in a
    terminal, a prompt opens.

    Parameters
    ----------
    query
        The query, or - to read it from standard input.
    format_
        How the answer is written: table unless OUT's suffix says otherwise.
    out
        The file to write, instead of the screen.
    raw
        In CSV, write text that a spreadsheet would run as a formula as it is; else it gets an apostrophe in front.
    """
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released

    chosen, target = _chosen(format_, out)
    if raw and chosen != "csv":
        raise UsageError("--raw is for CSV: other formats are raw.")
    asked = _query(query, more)
    site = place.site()
    entry = released(site)
    with session(site, entry) as opened:
        if asked is None:
            from ecom_lake.cli.prompt import converse

            converse(opened, site.shop.name, entry.number)
            return 0
        answer = opened.ask(asked)
        _write(answer, chosen, target, raw)
    return 0


def _chosen(format_: Format | None, out: Path | None) -> tuple[Format, Path | None]:
    if out is None:
        if format_ == "parquet":
            raise UsageError("Parquet is no text: name a file with --out FILE.parquet.")
        return format_ or "table", None
    target = out.absolute()
    by_suffix = next((known for known in get_args(Format) if target.suffix.lower() == f".{known}"), None)
    chosen = format_ or by_suffix
    if chosen in (None, "table"):
        raise UsageError("A table is for the screen: with --out, say --format csv, json or parquet.")
    if not target.parent.is_dir():
        raise UsageError(f"--out: there is no folder {target.parent}.")
    return chosen, target


def _query(given: str | None, more: tuple[str, ...]) -> str | None:
    """The query to answer; None for a prompt."""
    if given is not None and _OPTION.fullmatch(given):
        raise UsageError(f"Unknown option: {given}; `ecom-lake sql --help` lists those that are.")
    if more:
        raise UsageError('The query came in several words: put it into quotes, as in ecom-lake sql "select 1".')
    if given is None and sys.stdin.isatty():
        return None
    return sys.stdin.read() if given in (None, "-") else given


# --------------------------------------------------------------------------------------------------- writing answers


def show(answer: Answer) -> None:
    """An answer as a table in the terminal."""
    rows = list(answer.rows(SHOWN_ROWS + 1))
    if answer.columns == ("explain_key", "explain_value"):
        screen.say(*(plan for _, plan in rows))
        return
    screen.show_rows(answer.columns, rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        screen.say(f"… the first {SHOWN_ROWS} rows; --format csv gives them all", style="dim")
    elif len(rows) != 1:
        screen.say(counted(len(rows), "row"), style="dim")


def _write(answer: Answer, chosen: Format, target: Path | None, raw: bool) -> None:
    twice = {name for name in answer.columns if answer.columns.count(name) > 1}
    if twice and chosen in ("json", "parquet"):
        raise UsageError(f"Two columns are called {min(twice)}: give one another name with AS.")
    if target is None:
        show(answer) if chosen == "table" else _write_text(answer, chosen, sys.stdout, raw)
        return
    with _whole(target) as draft:
        if chosen == "parquet":
            answer.write_parquet(draft)
        else:
            with draft.open("w", encoding="utf-8", newline="") as stream:
                _write_text(answer, chosen, stream, raw)
    screen.say(f"Wrote {target}, {screen.size(target.stat().st_size)}.")


def _write_text(answer: Answer, chosen: Format, stream: TextIO, raw: bool) -> None:
    if chosen == "csv":
        from ecom_lake.engine.serve.csv_text import write_csv

        write_csv(stream, answer.columns, answer.rows(), raw)
    else:
        rows = (screen.json_text(dict(zip(answer.columns, map(json_value, row), strict=True))) for row in answer.rows())
        stream.write("[")
        stream.writelines(f"{',' if position else ''}\n  {row}" for position, row in enumerate(rows))
        stream.write("\n]\n")


def json_value(found: Any) -> Any:
    """JSON has no infinities and no NaN: they are null there."""
    return None if isinstance(found, float) and not math.isfinite(found) else found


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file that is there whole or not at all."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
