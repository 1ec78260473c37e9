"""The command `status`: the state of a shop, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.status import Status


def status(*, as_json: AsJson = False, options: Options) -> int:
    """Show the state of a shop, and what to do next.

    Exit code 1 if something needs attention. Quarantined rows, pending rows and anomalies are listed and need no attention.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.status import status_of

    found = status_of(options.site())
    if as_json:
        screen.show_json(asdict(found) | {"needs_attention": found.needs_attention})
    else:
        _show_status(found)
    return 1 if found.needs_attention else 0


def _show_status(found: Status) -> None:
    screen.show(Text.assemble(("Shop ", ""), (found.shop, "bold"), f" in {found.folder}"), "")
    screen.show_pairs(
        [
            ("release", _release(found)),
            ("tables", _tables(found)),
            ("last build", _last_build(found)),
            *([("settings", found.settings)] if found.settings else []),
            ("landing", _landing(found)),
            ("quarantine", _rows(found.quarantined, "row", "failed a rule")),
            ("pending", _rows(found.pending, "row", "without an order yet")),
            ("rejects", _rows(found.rejected, "malformed record", "")),
            ("models", _models(found)),
            ("anomalies", _anomalies(found)),
            ("disk", "a remote store" if found.free is None else f"{screen.size(found.free)} free"),
        ]
    )
    for trouble in found.troubles:
        if trouble.evidence:
            screen.show("", f"Rows of {trouble.table} that failed:")
            screen.show_some("; ".join(f"{name}: {str(fact)[:200]}" for name, fact in row.items()) for row in trouble.evidence)
    if found.anomalies or found.delivery:
        screen.show("", "Anomalies:")
        screen.show_some([*([found.delivery] if found.delivery else []), *found.anomalies])
    if found.stale:
        screen.show("", "Tables to rebuild:")
        screen.show_some(f"{table}: {why}" for table, why in found.stale.items())
    if found.waiting:
        screen.show("", "New files in landing:")
        screen.show_some(found.waiting)
    if found.refused:
        screen.show("", "Refused files:")
        screen.show_some(found.refused.values())
    if found.warnings:
        screen.show("", "Warnings:")
        screen.show_some(found.warnings)
    if found.misnamed:
        screen.show("", "Columns that no table uses:")
        screen.show_some(found.misnamed)
    screen.show("")
    if found.advice:
        screen.show(Text("To do", style="bold yellow"))
        screen.show_list(found.advice)
    elif found.warnings or found.misnamed:
        screen.show(Text("No build is needed; check the warnings above.", style="yellow"))
    else:
        screen.show(Text("Everything is up to date.", style="green"))


def _release(found: Status) -> str:
    if found.released_at is None:
        return "none yet"
    pinned = ", pinned" if found.pinned else ""
    return f"{found.release}, {screen.local(found.released_at)}, {screen.age(found.released_at)}{pinned}"


def _tables(found: Status) -> str:
    if found.stale:
        return f"{len(found.stale):,} to rebuild"
    if found.unreleased:
        return f"{len(found.unreleased):,} newer than the release"
    if found.outdated:
        return f"all up to date with the data; the next build rebuilds {len(found.outdated):,} because code or settings changed"
    return "all up to date with the data"


def _last_build(found: Status) -> str:
    latest = next((one for one in reversed(found.troubles) if one.is_of_build), None)
    if latest is None:
        is_current = found.release is not None and not found.unreleased and not found.stale
        return "released" if is_current and not found.pinned else "not released"
    return f"{latest.kind} at {latest.table}, {screen.age(datetime.fromisoformat(latest.at))}, run {latest.run[:8]}"


def _landing(found: Status) -> str:
    parts = [f"{counted(len(found.waiting), 'new file')}"] if found.waiting else []
    parts += [f"{counted(len(found.refused), 'file')} refused"] if found.refused else []
    return ", ".join(parts) or "nothing new"


def _models(found: Status) -> str:
    return " ".join(found.models) or "none"


def _anomalies(found: Status) -> str:
    months = len({sentence.removeprefix("In ")[:7] for sentence in found.anomalies})
    return f"{counted(len(found.anomalies), 'warning')} in {counted(months, 'month')}" if months else "none"


def _rows(counts: Mapping[str, int], noun: str, what: str) -> str:
    if not counts:
        return "none"
    total = sum(counts.values())
    return f"{counted(total, noun)} {what}".strip() + ": " + ", ".join(f"{table} {rows:,}" for table, rows in counts.items())
