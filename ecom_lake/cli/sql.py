"""The command `sql`: one query from the command line or a pipe, or a prompt."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO, get_args

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import Flag, Options
from ecom_lake.cli.output_file import replacing
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.query import Answer

_OPTION = re.compile(r"--?[\w-]+(=.*)?")
Format = Literal["table", "csv", "json", "parquet"]
SHOWN_ROWS = 200
"""The number of rows that a table in the terminal shows; the other formats have all rows."""


def sql(
    query: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *more: Annotated[str, Parameter(show=False)],
    format_: Annotated[Format | None, Parameter(name="--format")] = None,
    out: Path | None = None,
    raw: Flag = False,
    options: Options,
) -> int:
    """Query the released tables in SQL.

    The dialect is DuckDB's; queries are read-only. Gold and silver tables have their own names; others have a prefix, as in
    bronze.orders, quarantine.orders, rejects.orders and pending.order_items. Without an argument, the query is read from
    a pipe; in a terminal, a prompt opens.

    Parameters
    ----------
    query
        The query, or - to read it from standard input.
    format_
        Format of the result. Default: by the suffix of OUT, else table.
    out
        The file to write. Default: print the result.
    raw
        In CSV, do not put an apostrophe before text that a spreadsheet would run as a formula.
    """
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released

    chosen, target = _chosen(format_, out)
    if raw and chosen != "csv":
        raise UsageError("--raw applies to CSV only: other formats are always raw.")
    asked = _query(query, more)
    site = options.site()
    entry = released(site)
    with session(site, entry) as opened:
        if asked is None:
            from ecom_lake.cli.prompt import run_prompt

            run_prompt(opened, site.shop.name, entry.number)
            return 0
        answer = opened.ask(asked)
        _write(answer, chosen, target, raw)
    return 0


def _chosen(format_: Format | None, out: Path | None) -> tuple[Format, Path | None]:
    if out is None:
        if format_ == "parquet":
            raise UsageError("Parquet cannot be printed: name a file with --out FILE.parquet.")
        return format_ or "table", None
    target = out.absolute()
    by_suffix = next((known for known in get_args(Format) if target.suffix.lower() == f".{known}"), None)
    chosen = format_ or by_suffix
    if chosen in (None, "table"):
        raise UsageError("A table cannot be written to a file: with --out, add --format csv, json or parquet.")
    if not target.parent.is_dir():
        raise UsageError(f"--out: there is no folder {target.parent}.")
    return chosen, target


def _query(given: str | None, more: tuple[str, ...]) -> str | None:
    """The query; None for a prompt."""
    if given is not None and _OPTION.fullmatch(given):
        raise UsageError(f"Unknown option: {given}; `ecom-lake sql --help` lists the options.")
    if more:
        raise UsageError('The query has several words: put it in quotes, as in ecom-lake sql "select 1".')
    if given is None and sys.stdin.isatty():
        return None
    return sys.stdin.read() if given in (None, "-") else given


# --------------------------------------------------------------------------------------------------- writing answers


def show(answer: Answer) -> None:
    """Prints a result as a table."""
    rows = list(answer.rows(SHOWN_ROWS + 1))
    if answer.columns == ("explain_key", "explain_value"):
        screen.show(*(plan for _, plan in rows))
        return
    screen.show_rows(answer.columns, rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        screen.show(f"… only the first {SHOWN_ROWS} rows are shown; --format csv prints all", style="dim")
    elif len(rows) != 1:
        screen.show(counted(len(rows), "row"), style="dim")


def _write(answer: Answer, chosen: Format, target: Path | None, raw: bool) -> None:
    twice = {name for name in answer.columns if answer.columns.count(name) > 1}
    if twice and chosen in ("json", "parquet"):
        raise UsageError(f"Two columns are called {min(twice)}: rename one with AS.")
    if target is None:
        show(answer) if chosen == "table" else _write_text(answer, chosen, sys.stdout, raw)
        return
    with replacing(target) as draft:
        if chosen == "parquet":
            answer.write_parquet(draft)
        else:
            with draft.open("w", encoding="utf-8", newline="") as stream:
                _write_text(answer, chosen, stream, raw)
    screen.show(f"Wrote {target}, {screen.size(target.stat().st_size)}.")


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
    """The value, or None for an infinity or NaN, which JSON does not have."""
    return None if isinstance(found, float) and not math.isfinite(found) else found
