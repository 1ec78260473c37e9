"""The command `pull`: lands the tables of a shop's database as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options

if TYPE_CHECKING:
    from ecom_lake.engine.build.pull.pull import Pulled
    from ecom_lake.engine.build.step.outcome import Outcome


def pull(
    *,
    tables: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    whole: Flag = False,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Pull tables from the shop's database into its landing zone.

    Tables with `since` in lake.toml are asked for what changed since the last pull, the others are read whole. All tables are
    read in one read-only transaction. Content that did not change is not landed again.
    Exit code 1 if the database cannot be read; nothing is landed then.

    Parameters
    ----------
    tables
        Only these tables of [shops.NAME.database.tables].
    whole
        Read the tables whole, also what earlier pulls landed.
    as_json
        Print the result as JSON.
    """
    from ecom_lake.engine.build.pull.pull import chosen_tables
    from ecom_lake.engine.build.pull.pull import pull as pull_tables
    from ecom_lake.engine.build.step.watched import watched

    site = options.landing_site()
    chosen_tables(site, tables or ())  # a wrong name is a mistake of the caller, not a failure of the shop's builds
    pulled: list[Pulled] = []
    with screen.progress() as bar:
        task = bar.add_task("connecting", total=None)

        def step() -> list[Outcome]:
            pulled.extend(pull_tables(site, tables or (), whole, lambda table: bar.update(task, description=table)))
            return [one.outcome(site.run) for one in pulled]

        watched(site, "landing", step)
    if as_json:
        screen.show_json({"shop": site.shop.name, "tables": [_as_json(one) for one in pulled]})
        return 0
    _show(pulled)
    if any(one.fate == "landed" for one in pulled):
        screen.show("", f"Next: {options.command('build')}")
    return 0


def _show(pulled: list[Pulled]) -> None:
    from ecom_lake.engine.build.pull.pull import shown

    rows = [
        (one.table, screen.number(one.rows), screen.size(one.bytes), shown(one.watermark), one.file or one.fate) for one in pulled
    ]
    screen.show_table(["table", "rows", "size", "changed until", "file"], rows, right=["rows", "size"])
    if notes := [note for one in pulled for note in one.notes]:
        screen.show("")
        screen.show_list(notes, mark="!", style="yellow")


def _as_json(pulled: Pulled) -> dict[str, object]:
    return {
        "table": pulled.table,
        "result": pulled.fate,
        "rows": pulled.rows,
        "bytes": pulled.bytes,
        "watermark": pulled.watermark,
        "file": pulled.file or None,
        "notes": pulled.notes,
    }
