"""The command `export`: a release in the formats of other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.cli.output_file import replacing
from ecom_lake.errors import UsageError
from ecom_lake.words import counted


def export() -> int:
    """Write a release in the format of another tool: `delta`, `odcs` or `openlineage`."""
    raise UsageError("Name a format: `ecom-lake export delta FOLDER`, `export odcs FILE` or `export openlineage FILE`.")


def delta(target: Annotated[str, Parameter(name="FOLDER")], /, *, as_json: AsJson = False, options: Options) -> int:
    """Write the gold tables as Delta tables, one folder each.

    A table whose content changed since the last export gets one new version, whose commit states the release; the others
    get none. Run it again after each release, or after an interruption. Needs ecom-lake[delta].

    Parameters
    ----------
    target
        A folder, or a URL of the lake's own storage account such as az://container/delta.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.extras import require

    require("delta", "Writing Delta tables")
    from ecom_lake.publish.exports.delta import export_delta
    from ecom_lake.publish.exports.delta_target import delta_target

    site = options.site()
    place = delta_target(target, options.settings().access)
    with screen.progress() as bar, site.lake.turn("delta"):
        task = bar.add_task("opening", total=None)
        entry = released(site)  # after the other exports of the shop, so that an older release never overwrites a newer one

        def record() -> None:
            site.lake.record_made("Delta tables", place.url)

        done = export_delta(site, entry, place.url, place.options, lambda table: bar.update(task, description=table), record)
    new = [one for one in done if one.is_new and not one.is_gone]
    emptied = [one.table for one in done if one.is_new and one.is_gone]
    if as_json:
        tables = [{"table": one.table, "rows": one.rows, "version": one.version, "new": one.is_new} for one in done]
        screen.show_json({"shop": site.shop.name, "release": entry.number, "folder": place.url, "tables": tables})
        return 0
    same = sum(not one.is_new and not one.is_gone for one in done)
    unchanged = f"; {counted(same, 'table')} unchanged" if same else ""
    screen.show(f"Wrote {counted(len(new), 'Delta table')} of release {entry.number} to {place.url}{unchanged}.")
    if emptied:
        screen.show(f"Emptied, because the release does not have them: {', '.join(emptied)}.")
    return 0


def odcs(target: Annotated[Path, Parameter(name="FILE")], /, *, options: Options) -> int:
    """Write the contracts of the gold tables as a data contract of the Open Data Contract Standard, in YAML.

    Parameters
    ----------
    target
        The file to write, such as shop.odcs.yaml.
    """
    import yaml

    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.exports.data_contract import data_contract

    site = options.site()
    entry = released(site)
    contract = data_contract(site, entry)
    _write(target, yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=120))
    tables = contract["schema"]
    screen.show(f"Wrote {target}: {counted(len(tables), 'table')}, {counted(_checks(tables), 'quality check')}.")
    return 0


def openlineage(target: Annotated[Path, Parameter(name="FILE")], /, *, options: Options) -> int:
    """Write the lineage of the release as OpenLineage events, one JSON object per line.

    Parameters
    ----------
    target
        The file to write, such as lineage.ndjson.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.exports.lineage import lineage_events

    site = options.site()
    events = list(lineage_events(site, released(site)))
    _write(target, "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in events))
    screen.show(f"Wrote {target}: {counted(len(events), 'event')}.")
    return 0


def _checks(tables: list[dict[str, Any]]) -> int:
    columns = [column for table in tables for column in table["properties"]]
    return sum(len(found.get("quality", ())) for found in (*tables, *columns))


def _write(target: Path, text: str) -> None:
    with replacing(target) as draft:
        draft.write_text(text, encoding="utf-8")
