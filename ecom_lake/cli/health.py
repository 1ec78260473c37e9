"""How a shop is, and whether the set-up is sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Flag, Here
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.doctor import Finding
    from ecom_lake.engine.serve.status import Status

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def status(*, as_json: AsJson = False, place: Here) -> int:
    """Say how a shop is, and what to do.

    Exit code 1 where something needs attention. Rows in quarantine and rows that wait for their orders are told, and need none;
    nor do anomalies.

    Parameters
    ----------
    as_json
        As JSON.
    """
    from ecom_lake.engine.serve.status import status_of

    found = status_of(place.site())
    if as_json:
        screen.emit_json(asdict(found) | {"needs_attention": found.needs_attention})
    else:
        _show_status(found)
    return 1 if found.needs_attention else 0


def _show_status(found: Status) -> None:
    screen.say(Text.assemble(("Shop ", ""), (found.shop, "bold"), f" in {found.folder}"), "")
    screen.show_pairs(
        [
            ("release", _release(found)),
            ("tables", _tables(found)),
            ("last build", _last_build(found)),
            *([("settings", found.settings)] if found.settings else []),
            ("landing", _landing(found)),
            ("quarantine", _rows(found.quarantined, "row", "in breach of a contract")),
            ("pending", _rows(found.pending, "row", "with no order yet")),
            ("rejects", _rows(found.rejected, "malformed record", "")),
            ("anomalies", _anomalies(found)),
            ("disk", "a remote store" if found.free is None else f"{screen.size(found.free)} free"),
        ]
    )
    if found.trouble and found.trouble.evidence:
        screen.say("", f"Why {found.trouble.table} was refused:")
        screen.show_some("; ".join(f"{name}: {str(fact)[:200]}" for name, fact in row.items()) for row in found.trouble.evidence)
    if found.anomalies or found.delivery:
        screen.say("", "What stands out from the shop's own history:")
        screen.show_some([*([found.delivery] if found.delivery else []), *found.anomalies])
    if found.stale:
        screen.say("", "To be made again:")
        screen.show_some(f"{table}: {why}" for table, why in found.stale.items())
    if found.waiting:
        screen.say("", "New in landing:")
        screen.show_some(found.waiting)
    if found.refused:
        screen.say("", "Refused:")
        screen.show_some(found.refused.values())
    if found.warnings:
        screen.say("", "Warnings:")
        screen.show_some(found.warnings)
    if found.misnamed:
        screen.say("", "Columns that no table reads:")
        screen.show_some(found.misnamed)
    screen.say("")
    if found.advice:
        screen.say(Text("To do", style="bold yellow"))
        screen.show_list(found.advice)
    elif found.warnings or found.misnamed:
        screen.say(Text("No build is needed; the warnings above are worth a look.", style="yellow"))
    else:
        screen.say(Text("All is well.", style="green"))


def _release(found: Status) -> str:
    if found.released_at is None:
        return "none yet"
    pinned = ", pinned" if found.pinned else ""
    return f"{found.release}, {screen.local(found.released_at)}, {screen.age(found.released_at)}{pinned}"


def _tables(found: Status) -> str:
    if found.stale:
        return f"{len(found.stale):,} to be made again"
    if found.unreleased:
        return f"{len(found.unreleased):,} newer than the release"
    if found.outdated:
        return (
            f"all made from the newest data, {len(found.outdated):,} of them by older code or settings: the next build sees to it"
        )
    return "all made from the newest data"


def _last_build(found: Status) -> str:
    if found.trouble is None:
        is_whole = found.release is not None and not found.unreleased and not found.stale
        return "released" if is_whole and not found.pinned else "not released"
    when = datetime.fromisoformat(found.trouble.at)
    return f"{found.trouble.kind} at {found.trouble.table}, {screen.age(when)}, run {found.trouble.run[:8]}"


def _landing(found: Status) -> str:
    parts = [f"{counted(len(found.waiting), 'new file')}"] if found.waiting else []
    parts += [f"{counted(len(found.refused), 'file')} refused"] if found.refused else []
    return ", ".join(parts) or "nothing new"


def _anomalies(found: Status) -> str:
    months = len({sentence[:7] for sentence in found.anomalies})
    return f"{counted(len(found.anomalies), 'warning')} in {counted(months, 'month')}" if months else "none"


def _rows(counts: Mapping[str, int], noun: str, what: str) -> str:
    if not counts:
        return "none"
    total = sum(counts.values())
    return f"{counted(total, noun)} {what}".strip() + ": " + ", ".join(f"{table} {rows:,}" for table, rows in counts.items())


def doctor(*, deep: Flag = False, as_json: AsJson = False, place: Here) -> int:
    """Say whether the set-up is sound, and what to do if not.

    Exit code 1 where something fails.

    Parameters
    ----------
    deep
        Read every file of the release, and hold it against its hash.
    as_json
        As JSON.
    """
    from ecom_lake.engine.serve.doctor import examine
    from ecom_lake.settings import load

    findings = list(examine(partial(load, place.root, project=place.project), place.shop, deep))
    if as_json:
        screen.emit_json([asdict(finding) for finding in findings])
    else:
        _show_findings(findings)
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def repair(*, place: Here) -> int:
    """Mend what is damaged, and build.

    Reads every file. Damaged entries leave the log and are kept beside it, damaged tables are made again, damaged deliveries
    are read again from landing. Readers see the newest whole release until the build has made another.
    Exit code 1 where a damaged delivery is no longer in landing.
    """
    from ecom_lake.cli.build import build
    from ecom_lake.engine.build.maintenance.repair import repair as mend
    from ecom_lake.engine.serve.released import nothing_built

    site = place.site()
    if not site.lake.log.numbers():
        raise UsageError(nothing_built(site))
    done = mend(site)
    for what, files in (
        ("Set aside", done.set_aside),
        ("Read again from landing", done.read_again),
        ("Put back from the plain view", done.put_back),
        ("To be made again", done.forgotten),
    ):
        if files:
            screen.say(f"{what}:")
            screen.show_some(files)
    if done.lost:
        screen.complain("Damaged, and no longer in landing:", *done.lost)
        screen.say(f"Put them back into {site.lake.landing.url}; then {place.command('repair')}.")
        return 1
    if not (done.set_aside or done.read_again or done.put_back or done.forgotten):
        screen.say("Nothing is damaged: every file holds what was written.")
    return build(place=place)


def _show_findings(findings: list[Finding]) -> None:
    rows = []
    for finding in findings:
        says = Text(screen.shown(finding.says))
        if finding.todo:
            says.append(f" {finding.todo}", style="bold")
        rows.append((Text(finding.state, style=_STYLES[finding.state]), finding.what, says))
    screen.show_table(["", "what", "finding"], rows, wrap=["finding"], header=False)
    failed = sum(finding.state == "fail" for finding in findings)
    warned = sum(finding.state == "warn" for finding in findings)
    screen.say("")
    if failed or warned:
        screen.say(f"{counted(failed, 'failure')}, {counted(warned, 'warning')}.")
    else:
        screen.say(Text("All is sound.", style="green"))
