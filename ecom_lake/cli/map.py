"""The command `map`: drafts the map of a foreign export, and reports what was found in its files.

Not here: checking a map (map_trial.py).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecom_lake.cli import map_trial, screen
from ecom_lake.cli.lake_options import AsJson, Flag, LakeOptions, Options
from ecom_lake.cli.map_trial import map_file, refuse_absent
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.draft_trial import DraftTrial
    from ecom_lake.engine.mapping.draft.draft import Draft
    from ecom_lake.engine.mapping.draft.read_files import FilesRead


def map(  # noqa: A001 (the name of the command)
    *files: Path, check: Flag = False, sql: str | None = None, as_json: AsJson = False, options: Options
) -> int:
    """Draft the map of a foreign export, or check one.

    Reads the files, writes maps/SHOP.toml with a confidence and a reason for each cell, and reports joins, arithmetic, dates
    and sums of money, so that you can check the cells that are not sure. A draft is not built until you delete `draft = true`.

    Parameters
    ----------
    files
        The files of an export, folders or zips.
    check
        Run the map of the shop on the files, or on what was landed, and show what it makes of them. Nothing is stored.
    sql
        Show the query of a table of the map, such as orders.
    as_json
        The report as JSON.
    """
    if sql is not None:
        return map_trial.show_sql(sql, as_json, options)
    if check:
        return map_trial.check(files, as_json, options)
    return _draft(files, as_json, options)


def _draft(files: tuple[Path, ...], as_json: bool, options: LakeOptions) -> int:
    from ecom_lake.engine.build.draft_trial import try_draft
    from ecom_lake.engine.mapping.draft.draft import make_draft
    from ecom_lake.engine.mapping.draft.draft_text import draft_text
    from ecom_lake.engine.mapping.draft.read_files import read_files
    from ecom_lake.engine.mapping.draft.shipped import fitting_map
    from ecom_lake.shop.connectors.canonical.drafting import draft_targets

    if not files:
        raise UsageError("Nothing to map: name the files of an export, as in ecom-lake map FILES --shop NAME.")
    refuse_absent(files)
    target = _place(options)
    read = read_files(files)
    if not read.kinds:
        raise UsageError(" ".join(read.refused) or "The folder holds no files: name the files of an export.")
    shipped = fitting_map(read.kinds, map_trial.shipped_maps())
    targets = draft_targets()
    trial = try_draft(make_draft(read.kinds, targets), target.stem, map_trial.connector_for, targets)
    _write(target, draft_text(trial.draft, target.stem))
    if as_json:
        screen.show_json({"map": str(target), "ready_made_map": shipped.name if shipped else None, **_document(trial, read)})
    else:
        _show(trial, read, target)
        if shipped:
            screen.show(
                f"These files have the layout of the ready-made map {shipped.name}: better delete the draft, and add "
                f'[shops.{target.stem}] with map = "{shipped.name}" to lake.toml.'
            )
    return 1 if read.refused else 0


def _place(options: LakeOptions) -> Path:
    """The file of the map; refused before any work is done if it exists."""
    target = map_file(options)
    if target.exists():
        raise UsageError(f"{target} exists already: delete it to draft it again, or name another shop.")
    return target


def _write(target: Path, text: str) -> None:
    """All or nothing, and never over a file that appeared in the meantime."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_text(text, "utf-8")
        os.link(temporary, target)
    except FileExistsError:
        raise UsageError(f"{target} exists already: delete it to draft it again, or name another shop.") from None
    finally:
        temporary.unlink(missing_ok=True)


# ---------------------------------------------------------------------------------------------------- the report


def _document(trial: DraftTrial, read: FilesRead) -> dict[str, Any]:
    from ecom_lake.engine.mapping.draft.report import report_of

    return {
        "refused": list(read.refused),
        "rejected": read.rejected,
        **report_of(trial.draft),
        "orders": trial.orders,
        "net_sales": None if trial.net_sales is None else float(trial.net_sales),
        "problems": list(trial.problems),
    }


def _show(trial: DraftTrial, read: FilesRead, target: Path) -> None:
    from ecom_lake.engine.mapping.draft.report import arithmetic, confidence_counts, dates, decisions

    draft = trial.draft
    counts = confidence_counts(draft)
    total = sum(counts.values())
    screen.show(
        f"Drafted {target}: {counted(total, 'cell')} in {counted(len(draft.facets), 'table')}, "
        f"{counts['sure']} sure, {counts['likely']} likely, {counts['guess']} to decide."
    )
    screen.show_error(*read.refused)
    screen.show_error(*(f"{file}: {counted(rows, 'record')} cannot be read." for file, rows in read.rejected.items()))
    _show_files(draft)
    _show_undecided(draft)
    _section("Joins", [join.sentence for join in draft.joins])
    _section("Arithmetic", arithmetic(draft))
    _show_money(trial)
    _section("Words that are not known", _unknown_words(draft))
    _section("Dates", dates(draft))
    _section("Columns that repeat another", [one.sentence for found in draft.redundant.values() for one in found])
    _section("Decide", decisions(draft))
    _show_trial(trial)
    screen.show("", "Next: check the cells that are not sure, delete `draft = true`, and add the shop to lake.toml:", "")
    screen.show(*_settings(draft, target))


def _show_files(draft: Draft) -> None:
    made: dict[str, list[str]] = {}
    for facet in draft.facets:
        made.setdefault(facet.kind, []).append(facet.table)
    screen.show("")
    screen.show_table(
        ["file", "rows", "columns", "becomes", "not used"],
        [
            [
                kind.name,
                screen.number(kind.rows),
                str(len(kind.columns)),
                ", ".join(made.get(kind.name, ["nothing"])),
                ", ".join(column.name for column in draft.unused(kind)),
            ]
            for kind in draft.kinds
        ],
        right=["rows", "columns"],
        wrap=["becomes", "not used"],
    )


def _show_undecided(draft: Draft) -> None:
    """The cells that are likely; what is a guess is to be decided."""
    rows: list[list[Any]] = [
        [f"{facet.table}.{cell.target}", cell.expression, cell.reason]
        for facet in draft.facets
        for cell in facet.cells
        if cell.confidence == "likely"
    ]
    if rows:
        screen.show("", "Check these cells, which are likely:")
        screen.show_table(["cell", "is", "because"], rows, wrap=["is", "because"])


def _show_trial(trial: DraftTrial) -> None:
    """What the draft makes of the files."""
    what = f"Tried on {counted(trial.records, 'record')}: {counted(trial.orders, 'order', 'is a sale/are sales')}"
    sales = f", with net sales of {trial.net_sales:,.2f}" if trial.net_sales is not None else ""
    screen.show("", f"{what}{sales}.{'' if trial.problems else ' No row is refused.'}")
    screen.show_some(list(trial.problems))


def _settings(draft: Draft, target: Path) -> list[str]:
    """The lines of lake.toml for the shop."""
    from ecom_lake.engine.mapping.draft.report import first_month

    lines = [f"[shops.{target.stem}]", f'map = "maps/{target.name}"']
    if month := first_month(draft):
        lines += [f'first_month = "{month}"', 'timezone = "UTC"  # the zone of the dates, such as "Europe/Paris"']
    return lines + [f'without = ["{name}"]' for name in draft.undated]


def _show_money(trial: DraftTrial) -> None:
    from ecom_lake.engine.mapping.draft.report import money_sums

    sums = money_sums(trial.draft)
    if not sums:
        return
    rows = [[f"{one.kind}.{one.column}", f"{one.sum:,.2f}", screen.number(one.rows)] for one in sums]
    if trial.net_sales is not None:
        rows.append(["net sales of this draft", f"{trial.net_sales:,.2f}", ""])
    screen.show("", "Sums of money: which of them is the revenue?")
    screen.show_table(["column", "sum", "rows"], rows, right=["sum", "rows"])


def _unknown_words(draft: Draft) -> list[str]:
    return [
        f"{facet.table}: {word!r} in {counted(rows, 'row')}"
        for facet in draft.facets
        for words in facet.words
        for word, rows in words.unknown.items()
    ]


def _section(title: str, sentences: list[str]) -> None:
    if sentences:
        screen.show("", f"{title}:")
        screen.show_some(sentences)
